import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { openSnapshotFolder, SigningKey } from "@rollcall/coordinator/trials";
import type { EtcdSnapshot, EtcdView } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { stretched } from "@rollcall/test-support/stretch";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { documentText } from "../support/documents.ts";
import { allReady, startMachine } from "../support/machine.ts";

const PLACE = "run/rollcall/role/etcd/snapshot.db";
const CONTENT = randomBytes(1_500_000);
/** In the form of etcd's own snapshots: the digest of the rest at the end. */
const SNAPSHOT = Buffer.concat([CONTENT, createHash("sha256").update(CONTENT).digest()]);

/** The public key by which a fleet's snapshots are known. */
function signerOf(dataFolder: string): string {
	return new SigningKey(readFileSync(join(dataFolder, "keys/assignments.nk"), "utf8").trim()).publicKey;
}

async function* pieces() {
	yield SNAPSHOT.subarray(0, 1_000_000);
	yield SNAPSHOT.subarray(1_000_000);
}

test("real agents fetch the chosen snapshot encrypted, open it with a key that is sealed to them, and drop it when etcd is founded", async (t) => {
	t.timeout(stretched(240_000));
	const slots = [{ name: "control", role: "control-plane", count: 3, selector: { rehearsal: true } }];
	const first = await startCoordinator(t, { document: documentText({ slots }) });
	const cluster = (await first.status()).cluster ?? "";
	let saved: EtcdSnapshot | undefined;
	// The log and all machines are lost; keys and snapshots are there.
	const coordinator = await first.restart({
		between: async () => {
			const { dataFolder } = first;
			const owner = { fleets: [signerOf(dataFolder)], log: () => "an earlier log" };
			const folder = openSnapshotFolder(join(dataFolder, "etcd-snapshots"), owner);
			saved = await folder.save(pieces(), { revision: 7, takenAt: 1, cluster, secretsKeys: [], maxBytes: 2 ** 30 });
			rmSync(join(dataFolder, "nats/jetstream"), { recursive: true });
		},
	});
	const snapshot = saved;
	if (!snapshot) return t.fail("nothing was saved");
	const content = `${coordinator.url}/v1/etcd/snapshots/${snapshot.sha256.slice(7)}/content`;
	t.is((await fetch(content)).status, 404, "it is served although nobody is to begin with it");
	t.like(await coordinator.call<EtcdView>("GET", "/v1/etcd"), { next: "ask", members: [] });

	const machines = await Promise.all(
		["one", "two", "three"].map((name) => startMachine(t, coordinator, { name: `restore-${name}` })),
	);
	await eventually(
		"the machines wait for a choice",
		async () => {
			const views = await coordinator.machines();
			const wait = views.filter(({ reason }) => /nobody said what it is to begin with/.test(reason));
			return wait.length === 3 ? true : undefined;
		},
		60_000,
	);
	t.like(await coordinator.call("POST", "/v1/etcd/restore", { from: snapshot.sha256.slice(7, 15) }), {
		next: "snapshot",
		boot: [],
	});
	const [machine] = machines;
	const place = join(machine?.root ?? "", PLACE);
	await eventually("the snapshot lies in clear on the machine", async () => existsSync(place), 60_000);
	// Read while it is there: when etcd is founded it goes.
	t.true(!existsSync(place) || readFileSync(place).equals(SNAPSHOT));
	if (existsSync(place)) t.is(statSync(place).mode & 0o777, 0o600);

	await allReady(coordinator, 3, 90_000);
	await eventually(
		"it is gone when etcd is founded",
		async () => machines.every(({ root }) => !existsSync(join(root, PLACE))),
		60_000,
	);
	const events = await coordinator.events();
	const types = events.map(({ type }) => type);
	t.deepEqual(
		["etcd-snapshots-found", "etcd-restore-chosen", "etcd-restoring", "etcd-founded"].map(
			(type) => types.filter((one) => one === type).length,
		),
		[1, 1, 1, 1],
	);
	const issued = events.filter((event) => event.type === "target-issued");
	const restoring = events.find((event) => event.type === "etcd-restoring");
	t.true(
		issued.slice(0, 3).every(({ cause }) => cause === restoring?.seq),
		"why leads to the snapshot",
	);
	const stem = join(coordinator.dataFolder, "etcd-snapshots", snapshot.sha256.slice(7));
	const { key } = JSON.parse(readFileSync(`${stem}.json`, "utf8")) as { key: string };
	t.is(statSync(`${stem}.json`).mode & 0o777, 0o600);
	t.false(JSON.stringify(events).includes(key));
	t.false(coordinator.process.output().includes(key));
	t.false(readFileSync(`${stem}.snapshot`).includes(CONTENT.subarray(0, 64)));
	t.is((await fetch(content)).status, 404);
});
