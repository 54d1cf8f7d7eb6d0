import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { BootId, EventDraft } from "@rollcall/protocol";
import { stretched } from "@rollcall/test-support/stretch";
import type { Fleet } from "../../src/domain/fleet.ts";
import { membersOf } from "../../src/domain/networks/members.ts";
import { record } from "../../src/domain/record.ts";
import { fleetToJson } from "../../src/domain/snapshot.ts";
import { MEMBERS, type Scene, setUpScene, testEtcd, until } from "./scene.ts";

const KEEPER = join(import.meta.dirname, "keeper-process.ts");
const VALUE = ["get", "key", "--print-value-only"];

async function startAll(scene: Scene): Promise<void> {
	for (const member of scene.members) member.start();
	await until(scene, "all are healthy", () =>
		[0, 1, 2].every((index) => scene.ask(index, ["endpoint", "health"]) !== undefined),
	);
}

testEtcd.serial(
	"three real members with the rendered arguments and certificates form a cluster, refuse strangers, and survive the loss of one",
	async (t) => {
		t.timeout(stretched(180_000));
		const scene = await setUpScene(t);
		const { ask, members } = scene;
		await startAll(scene);
		t.is(ask(0, ["member", "list"])?.split("\n").length, MEMBERS);
		ask(0, ["put", "key", "before"]);
		t.is(ask(2, VALUE), "before");

		const stranger = [
			"--cert",
			scene.pki("apiserver-kubelet-client.crt"),
			"--key",
			scene.pki("apiserver-kubelet-client.key"),
		];
		t.is(ask(1, VALUE, []), undefined, "a client without a certificate is let in");
		t.is(ask(1, VALUE, stranger), undefined, "a client of another authority is let in");
		t.is(ask(1, VALUE), "before");

		await members[0]?.kill();
		await until(scene, "the two others go on", () => ask(1, ["put", "key", "without one"]) !== undefined);
		t.is(ask(2, VALUE), "without one");
		members[0]?.start();
		await until(scene, "the first is back", () => ask(0, VALUE) === "without one");
	},
);

/** Lets the coordinator's keeper do the next step, from a machine of the network. Returns which it was. */
function step({ network, authorities }: Scene, fleet: Fleet): string {
	const [ip = "ip", ...before] = network.on(1);
	return execFileSync(ip, [...before, process.execPath, KEEPER], {
		encoding: "utf8",
		input: JSON.stringify({ fleet: fleetToJson(fleet), authorities }),
		timeout: stretched(60_000),
	});
}

const after = (fleet: Fleet, draft: EventDraft): Fleet => record(fleet, [draft], 1).fleet;

/** etcd runs on all machines, as far as the log knows. */
function foundedOn({ fleet, seated }: Scene): Fleet {
	return after(fleet, {
		type: "etcd-founded",
		members: seated.map(({ machine: { machineId, bootId }, seat: { nodeName } }) => ({ machineId, bootId, nodeName })),
		cluster: [...membersOf(fleet, "control-plane")],
	});
}

testEtcd.serial(
	"real members whose machines lost their seats are taken out one by one, and the last one goes on alone",
	async (t) => {
		t.timeout(stretched(180_000));
		const scene = await setUpScene(t);
		const { ask, members, seated } = scene;
		await startAll(scene);
		ask(0, ["put", "key", "kept"]);
		let fleet = foundedOn(scene);
		for (const { machine, seat } of seated.slice(1)) {
			const { machineId, bootId } = machine;
			const { slot, nodeName } = seat;
			fleet = after(fleet, { type: "machine-released", machineId, slot, seat: seat.seat, reason: "test", cause: 1 });
			t.is(step(scene, fleet), "remove");
			fleet = after(fleet, { type: "etcd-member-removed", machineId, bootId, nodeName });
		}
		t.is(ask(0, ["member", "list"])?.split("\n").length, 1);
		await Promise.all(members.slice(1).map((member) => member.kill()));
		t.is(ask(0, VALUE), "kept");
		await until(scene, "it writes alone", () => ask(0, ["put", "key", "alone"]) !== undefined);
	},
);

testEtcd.serial(
	"a real member whose machine lost its memory is replaced by a learner, catches up and votes",
	async (t) => {
		t.timeout(stretched(180_000));
		const scene = await setUpScene(t);
		const { ask, members, seated } = scene;
		await startAll(scene);
		ask(0, ["put", "key", "kept"]);
		const cluster = [...membersOf(scene.fleet, "control-plane")];
		const founded = foundedOn(scene);

		await members[0]?.loseMemory();
		const { machineId } = seated[0]?.machine ?? {};
		const before = machineId && founded.machines.get(machineId);
		if (!before) return t.fail("no machine");
		const bootId = "99999999-0000-4000-8000-000000000000" as BootId;
		const facts = { ...before.facts, bootId };
		const booted: Fleet = { ...founded, machines: founded.machines.set(machineId, { ...before, bootId, facts }) };
		await t.throwsAsync(scene.fill(booted, 0), { message: /its member is being replaced/ });

		t.is(step(scene, booted), "replace");
		const added = after(booted, {
			type: "etcd-member-added",
			machineId,
			bootId,
			nodeName: before.seat?.nodeName ?? "",
			cluster,
		});
		await scene.fill(added, 0);
		members[0]?.start();
		t.is(step(scene, added), "promote");
		await until(scene, "it has the others' data", () => ask(0, VALUE) === "kept");
		const list = ask(0, ["member", "list"])?.split("\n") ?? [];
		t.is(list.length, MEMBERS);
		t.true(
			list.every((line) => /started/.test(line) && /false$/.test(line)),
			list.join("\n"),
		);

		// It counts: with it, two are enough.
		await members[2]?.kill();
		await until(scene, "two go on", () => ask(0, ["put", "key", "two"]) !== undefined);
	},
);

for (const recorded of [true, false])
	testEtcd.serial(
		`a real learner whose machine is gone before it starts etcd is taken out, ${recorded ? "once it was" : "also where it was never"} recorded`,
		async (t) => {
			t.timeout(stretched(180_000));
			const scene = await setUpScene(t);
			const { ask, members, seated } = scene;
			await startAll(scene);
			const founded = foundedOn(scene);
			await members[0]?.loseMemory();
			const { machineId, seat } = seated[0]?.machine ?? {};
			const before = machineId && founded.machines.get(machineId);
			if (!before || !seat) return t.fail("no machine");
			const bootId = "99999999-0000-4000-8000-000000000000" as BootId;
			const facts = { ...before.facts, bootId };
			const booted: Fleet = { ...founded, machines: founded.machines.set(machineId, { ...before, bootId, facts }) };
			t.is(step(scene, booted), "replace");
			const unstarted = () => (ask(1, ["member", "list"]) ?? "").split("\n").filter((line) => /unstarted/.test(line));
			t.is(unstarted().length, 1);

			const { slot, nodeName } = seat;
			const added = after(
				booted,
				recorded
					? { type: "etcd-member-added", machineId, bootId, nodeName, cluster: [] }
					: { type: "etcd-members-removing", machineId, bootId, ids: [] },
			);
			const reason = "test";
			const gone = after(added, { type: "machine-released", machineId, slot, seat: seat.seat, reason, cause: 1 });
			t.is(step(scene, gone), "remove");
			t.deepEqual(unstarted(), []);
			t.is(ask(1, ["member", "list"])?.split("\n").length, MEMBERS - 1);
			await until(scene, "two go on", () => ask(1, ["put", "key", "two"]) !== undefined);
		},
	);
