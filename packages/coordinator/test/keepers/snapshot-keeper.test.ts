import { type EtcdSnapshot, sha256Of } from "@rollcall/protocol";
import test from "ava";
import { admit } from "../../src/domain/admit.ts";
import { record } from "../../src/domain/record.ts";
import { SnapshotError } from "../../src/errors.ts";
import { provedTarget } from "./proved-target.ts";
import { Scene } from "./snapshot-scene.ts";

test("after a lost log what the only members hold that proved themselves is kept once, when nobody else did in time, without a leader too, and detached", async (t) => {
	const scene = new Scene();
	const [machine] = scene.fleet.machines.values();
	if (!machine) return t.fail();
	const is = { memberId: "1", clusterId: "1", bootId: machine.bootId };
	const alone = { ...machine, etcdMemory: { is }, target: provedTarget(machine) };
	const machines = scene.fleet.machines.set(machine.machineId, alone);
	scene.fleet = { ...scene.fleet, etcd: undefined, recoverUntil: scene.now + 15_000, machines };
	await scene.look(1);
	t.deepEqual(scene.done, [], "others may still prove themselves");
	await scene.look(30);
	t.deepEqual(scene.done, ["etcd-snapshot-taken"]);
	t.deepEqual(scene.asked, [true], "whether it has a leader does not count");
	t.deepEqual(
		scene.fleet.snapshots?.kept.map(({ detached }) => detached),
		[true],
	);
	await scene.keeper().take();
	t.is(scene.fleet.snapshots?.kept.length, 2, "a person has another one taken");
});

test("what the only members hold is kept also where the newest snapshot is of the same revision, or of a later one: theirs may be another history", async (t) => {
	for (const revision of [10, 9]) {
		const scene = new Scene();
		await scene.look(1);
		const [machine] = scene.fleet.machines.values();
		const { etcd } = scene.fleet;
		if (!machine || !etcd) return t.fail();
		const is = { memberId: "1", clusterId: "1", bootId: machine.bootId };
		const alone = { ...machine, etcdMemory: { is }, target: provedTarget(machine) };
		const machines = scene.fleet.machines.set(machine.machineId, alone);
		const members = etcd.members.map((one) => ({ ...one, removed: "done" as const }));
		const gone = { ...etcd, members: members.filter(({ machineId }) => machineId !== machine.machineId) };
		scene.fleet = { ...scene.fleet, etcd: gone, recoverUntil: scene.now + 15_000, machines };
		scene.revision = revision;
		await scene.look(30);
		t.is(scene.fleet.snapshots?.kept.length, 2, `revision ${revision} after 10`);
	}
});

test("a snapshot is taken by the interval, not where nothing changed, and old ones go after it is recorded", async (t) => {
	const scene = new Scene();
	await scene.look(13);
	t.deepEqual(scene.done, ["etcd-snapshot-taken"], "nothing changed in two minutes");
	for (let round = 0; round < 3; round++) {
		scene.revision++;
		await scene.look(7);
	}
	t.is(scene.done.filter((type) => type === "etcd-snapshot-taken").length, 4);
	t.deepEqual(scene.done.slice(-2), ["etcd-snapshots-pruned", "removed"]);
	t.deepEqual(
		scene.fleet.snapshots?.kept.map(({ sha256 }) => sha256),
		scene.files,
	);
	t.deepEqual(
		scene.fleet.snapshots?.kept.map(({ revision }) => revision),
		[12, 13],
	);
});

test("who does not lead takes none and removes none; a snapshot that could not be recorded does not stay", async (t) => {
	const scene = new Scene();
	scene.leads = false;
	await scene.look(20);
	t.deepEqual(scene.done, []);
	scene.leads = true;
	scene.refuses = ({ kind }) => kind === "etcd-snapshot";
	await scene.look(9);
	t.is(scene.files.length, 1, "only the last try's, of which nobody can tell yet whether it is recorded");
	t.true(scene.done.includes("removed"));
	for (let round = 0; round < 4; round++) {
		scene.refuses = ({ kind }) => kind === "etcd-prune";
		scene.revision++;
		await scene.look(7);
	}
	t.true(scene.files.length > 2, "what is not recorded as forgotten is not removed");
});

test("a snapshot that was recorded keeps its file although the answer to that was lost", async (t) => {
	const scene = new Scene();
	scene.losesAnswers = true;
	await scene.look(1);
	scene.losesAnswers = false;
	scene.revision++;
	await scene.look(9);
	t.deepEqual(
		scene.fleet.snapshots?.kept.map(({ sha256 }) => sha256),
		scene.files,
	);
	t.is(scene.files.length, 2);
});

test("a failure is an event once, and the next success ends it", async (t) => {
	const scene = new Scene();
	scene.broken = new SnapshotError("there is no room");
	await scene.look(30);
	t.deepEqual(scene.done, ["etcd-snapshot-failed"]);
	t.is(scene.fleet.snapshots?.trouble, "none could be taken: there is no room");
	scene.broken = undefined;
	await scene.look(4);
	t.deepEqual(scene.done, ["etcd-snapshot-failed", "etcd-snapshot-taken"]);
	t.is(scene.fleet.snapshots?.trouble, undefined);
});

test("two who ask at once get the same snapshot, and a member that is behind gives none", async (t) => {
	const scene = new Scene();
	const keeper = scene.keeper();
	const [one, other] = await Promise.all([keeper.take(), keeper.take()]);
	t.is(one, other);
	t.true(one?.taken);
	t.is(scene.files.length, 1);
	t.false((await keeper.take()).taken);
	scene.revision = 3;
	await t.throwsAsync(keeper.take(), {
		instanceOf: SnapshotError,
		message: /is behind the newest snapshot: revision 3 after 10/,
	});
});

test("who asks while a snapshot is being taken gets the next one, since that one may lack what he saw written", async (t) => {
	const scene = new Scene();
	const keeper = scene.keeper();
	let later: ReturnType<typeof keeper.take>[] = [];
	scene.onLook = () => {
		if (later.length > 0) return;
		// Something is written, and two people ask, when the state to be saved has been read.
		later = [keeper.take(), keeper.take()];
		scene.revision = 11;
	};
	t.is((await keeper.take()).snapshot.revision, 10);
	const [one, other] = await Promise.all(later);
	t.is(one?.snapshot.revision, 11);
	t.is(one, other);
	t.is(scene.files.length, 2);
});

test("a document that asks for none gets none", async (t) => {
	const scene = new Scene();
	const { cluster } = scene.fleet;
	if (!cluster) return t.fail();
	const document = { ...cluster.document, etcd: { snapshots: "none" as const } };
	scene.fleet = { ...scene.fleet, cluster: { ...cluster, document } };
	await scene.look(10);
	t.deepEqual(scene.done, []);
	await t.throwsAsync(scene.keeper().take(), { message: /asks for none/ });
});

test("files that cannot be removed do not keep the next snapshot from being taken", async (t) => {
	const scene = new Scene();
	scene.folder.sweep = async () => {
		throw new Error("not allowed");
	};
	await scene.look(3);
	scene.revision++;
	await scene.look(7);
	t.deepEqual(scene.done, ["etcd-snapshot-taken", "etcd-snapshot-taken"]);
});

test("after the clock was set back the next snapshot does not wait for it to catch up", async (t) => {
	const scene = new Scene();
	scene.now = 4_000_000_000_000;
	const stop = new AbortController();
	let looks = 0;
	const { fleet } = scene;
	scene.refuses = () => {
		if (looks++ === 0) scene.now = 1_000_000;
		if (looks >= 3) stop.abort();
		return true;
	};
	await scene.keeper(stop, 100).run(stop.signal);
	t.is(scene.fleet, fleet);
	t.true(looks >= 3, "it was tried once");
});

test("an end does not wait for what is being read", async (t) => {
	const scene = new Scene();
	scene.endless = true;
	const stop = new AbortController();
	scene.onPiece = () => stop.abort();
	await scene.keeper(stop, 100).run(stop.signal);
	t.deepEqual(scene.files, []);
	t.false(scene.done.includes("etcd-snapshot-taken"));
});

test("when the newest was forgotten another one is taken, although nothing changed", async (t) => {
	const scene = new Scene();
	await scene.look(3);
	scene.revision++;
	await scene.look(7);
	const newest = scene.fleet.snapshots?.kept.at(-1);
	if (!newest) return t.fail();
	const { events } = admit(scene.fleet, { kind: "etcd-prune", snapshots: [newest.sha256], by: "test" }, scene.now);
	scene.fleet = record(scene.fleet, events, scene.now).fleet;
	await scene.look(7);
	t.is(scene.fleet.snapshots?.kept.at(-1)?.revision, scene.revision);
});

test("what is newer than all that a log knew when a coordinator began to lead is not swept by the next snapshot, and told when the log is doubted", async (t) => {
	const scene = new Scene();
	const snapshot = (takenAt: number): EtcdSnapshot => {
		const sha256 = sha256Of(`of ${takenAt}`);
		const content = { sha256, sizeBytes: 1 };
		return { sha256, sizeBytes: 1, content, revision: 5, takenAt, cluster: "lab", secretsKeys: [] };
	};
	const [known, forgotten, strange] = [snapshot(500_000), snapshot(400_000), snapshot(900_000)];
	scene.fleet = record(scene.fleet, [{ type: "etcd-snapshot-taken", snapshot: known }], 1).fleet;
	scene.here = [known, forgotten, strange];
	await scene.look(4);
	t.is(scene.done[0], "etcd-snapshot-taken", "the next one is due");
	t.deepEqual(scene.here, [known, strange]);

	const later = [scene.now + 5, scene.now + 6].map(snapshot);
	scene.here = [known, ...later];
	const stop = new AbortController();
	const keeper = scene.keeper(stop, 2);
	scene.now += 60_000;
	scene.revision++;
	await keeper.take();
	const doubt = { seq: 1, at: scene.now, kinds: ["proof" as const], reason: "a proof" };
	scene.fleet = { ...scene.fleet, log: { checkedTo: 1, doubt } };
	await keeper.run(stop.signal);
	t.deepEqual(
		scene.fleet.snapshots?.kept.flatMap(({ sha256, detached }) => (detached ? sha256 : [])),
		later.map(({ sha256 }) => sha256),
	);
});

test("after a log that went back behind a snapshot its file stays, and it is told as soon as the log takes it, also when the doubt is over by then", async (t) => {
	const scene = new Scene();
	const before = scene.fleet;
	const stop = new AbortController();
	let kept: EtcdSnapshot | undefined;
	scene.onSleep = (looks) => {
		const { now } = scene;
		if (looks === 2) {
			const [first] = scene.fleet.snapshots?.kept ?? [];
			if (!first) return t.fail();
			const { detached: _detached, ...snapshot } = first;
			kept = snapshot;
			scene.here = [snapshot];
			const doubt = { seq: 1, at: now, kinds: ["back" as const], reason: "the log went back" };
			scene.fleet = { ...before, log: { checkedTo: 1, doubt } };
			scene.refuses = () => true;
		}
		if (looks === 4) scene.fleet = { ...scene.fleet, log: { checkedTo: 1 } };
		if (looks === 6) scene.refuses = () => false;
	};
	await scene.keeper(stop, 8).run(stop.signal);
	if (!kept) return t.fail();
	t.true(scene.files.includes(kept.sha256));
	t.is(scene.here.length, 1);
	const known = scene.fleet.snapshots?.kept.find(({ sha256 }) => sha256 === kept?.sha256);
	t.true(known?.detached);
});

test("a file whose recording was not answered stays when the log came into doubt since, or another one led", async (t) => {
	for (const what of ["doubt", "lead"] as const) {
		const scene = new Scene();
		const stop = new AbortController();
		scene.losesAnswers = true;
		scene.onSleep = (looks) => {
			scene.losesAnswers = false;
			const doubt = { seq: 1, at: scene.now, kinds: ["back" as const], reason: "the log went back" };
			if (looks === 1 && what === "doubt")
				scene.fleet = { ...scene.fleet, snapshots: undefined, log: { checkedTo: 1, doubt } };
			if (looks === 1 && what === "lead") scene.leads = false;
			if (looks === 2 && what === "lead") scene.fleet = { ...scene.fleet, snapshots: undefined };
			if (looks === 2) scene.leads = true;
		};
		scene.revision++;
		await scene.keeper(stop, 9).run(stop.signal);
		t.is(scene.files.length, 2, what);
		t.false(scene.done.includes("removed"), what);
	}
});
