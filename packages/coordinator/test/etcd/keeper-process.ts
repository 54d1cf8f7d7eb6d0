/** Does the next step for etcd's members, with everything real, and ends: run inside of the members' network. Reads JSON: the fleet and the folder of authorities. */
import { createEtcdMembers } from "../../src/adapters/etcd/members.ts";
import { makeClientPair } from "../../src/adapters/pki/client-pair.ts";
import { createPki } from "../../src/adapters/pki/pki.ts";
import { admit } from "../../src/domain/admit.ts";
import type { Fleet } from "../../src/domain/fleet.ts";
import { record } from "../../src/domain/record.ts";
import { fleetFromJson } from "../../src/domain/snapshot.ts";
import { keepEtcdMembers } from "../../src/keepers/etcd-keeper.ts";

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const given = JSON.parse(Buffer.concat(chunks).toString()) as { fleet: unknown; authorities: string };
const read = fleetFromJson(given.fleet);
if (!read?.trust) throw new Error("no fleet");
let fleet: Fleet = read;
const { trust } = read.trust;
const pki = createPki(given.authorities, { wall: () => Date.now() });
const stop = new AbortController();

await keepEtcdMembers(
	{
		core: {
			fleet: () => fleet,
			actsIn: () => 1,
			ready: () => ({ ready: true, reason: "leads" }),
			submit: async (input) => {
				if (input.kind === "etcd-step-done") {
					process.stdout.write(input.step.kind);
					stop.abort();
				} else fleet = record(fleet, admit(fleet, input, 1).events, 1).fleet;
				return { kind: "ok" };
			},
		},
		now: () => Date.now(),
		connect: async (_fleet, urls) => {
			const wish = {
				name: "test",
				signer: "etcd",
				commonName: "rollcall",
				organizations: [],
				lifeSeconds: 600,
			} as const;
			return createEtcdMembers(urls, await makeClientPair(pki, trust, wish));
		},
		findSnapshot: async () => undefined,
		sleep: (ms) => new Promise((resolve) => setTimeout(resolve, stop.signal.aborted ? 0 : Math.min(ms, 200))),
		onTrouble: (what, error) => process.stderr.write(`${what}: ${String(error)}\n`),
	},
	stop.signal,
);
