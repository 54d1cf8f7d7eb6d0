/** Takes a snapshot, with everything real, and ends: run inside of the members' network. Reads JSON: the fleet, the folders of authorities and snapshots. Prints the snapshot. */
import { createEtcdState } from "../../src/adapters/etcd/state.ts";
import { createPki } from "../../src/adapters/pki/pki.ts";
import { openSnapshotFolder } from "../../src/adapters/snapshots/folder.ts";
import { admit } from "../../src/domain/admit.ts";
import type { Fleet } from "../../src/domain/fleet.ts";
import { record } from "../../src/domain/record.ts";
import { fleetFromJson } from "../../src/domain/snapshot.ts";
import { createSnapshotKeeper } from "../../src/keepers/snapshot-keeper.ts";
import { etcdAccess } from "../../src/keepers/start/etcd-access.ts";

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const given = JSON.parse(Buffer.concat(chunks).toString()) as {
	fleet: unknown;
	authorities: string;
	snapshots: string;
};
const read = fleetFromJson(given.fleet);
if (!read) throw new Error("no fleet");
let fleet: Fleet = read;
const pki = createPki(given.authorities, { wall: () => Date.now() });

const keeper = createSnapshotKeeper({
	core: {
		fleet: () => fleet,
		actsIn: () => 1,
		ready: () => ({ ready: true, reason: "leads" }),
		submit: async (input) => {
			const { events, answer } = admit(fleet, input, 1);
			fleet = record(fleet, events, 1).fleet;
			return answer;
		},
	},
	connect: async (state, urls) => createEtcdState(urls, await etcdAccess(pki, state)),
	folder: openSnapshotFolder(given.snapshots, { fleets: ["test"], log: () => "log" }),
	now: () => Date.now(),
	sleep: async () => undefined,
	onTrouble: (what, error) => process.stderr.write(`${what}: ${String(error)}\n`),
});
const first = await keeper.take();
const again = await keeper.take();
process.stdout.write(JSON.stringify({ ...first, again: again.taken }));
