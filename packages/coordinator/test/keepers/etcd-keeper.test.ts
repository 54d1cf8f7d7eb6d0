import { type BootId, sha256Of } from "@rollcall/protocol";
import test from "ava";
import { Scene } from "./etcd-scene.ts";

test("after a lost log one that proved itself alone is all of etcd only where etcd lists no other voter; the others are named, and waited for", async (t) => {
	const scene = new Scene();
	scene.provesAlone();
	await scene.look(2);
	t.deepEqual(scene.done, []);
	t.regex(
		scene.troubles.join(),
		/etcd has the members node-1, node-2 beside node-0, which have not proved .*; bring them back/,
	);
	scene.listed.splice(1);
	scene.listed.push({ id: "9", name: "", peerUrls: ["https://192.168.1.11:2380"], learner: true });
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-founded"]);
	t.like(scene.fleet.etcd?.members, [{ nodeName: "node-0", votes: true, cluster: [{ nodeName: "node-0" }] }]);
});

test("after a lost log one that etcd had taken out before proves itself beside its only voter keeps it from nothing", async (t) => {
	const scene = new Scene();
	scene.provesAlone();
	scene.provesToo();
	scene.listed.splice(1, 2, { id: "2", name: "node-1", peerUrls: ["https://192.168.1.11:2380"], learner: true });
	await scene.look(2);
	t.deepEqual(scene.done, [], "it is to learn first");
	scene.listed.splice(1);
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-founded"]);
	scene.leaves();
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-founded", "etcd-member-removed"]);
	t.like(
		scene.fleet.etcd?.members.find(({ nodeName }) => nodeName === "node-1"),
		{ removed: "done" },
	);
});

test("a learner that etcd does not list does not count as one that votes", async (t) => {
	const scene = new Scene();
	scene.listed.shift();
	scene.added();
	await scene.look(2);
	t.deepEqual(scene.done, []);
	t.regex(scene.troubles.join(), /does not list the learner https:\/\/192\.168\.1\.10:2380 of machine machine-0/);

	scene.listed.push({ id: "9", name: "node-0", peerUrls: ["https://192.168.1.10:2380"], learner: true });
	await scene.look(1);
	t.deepEqual(scene.done, ["promote 9", "etcd-member-promoted"]);
});

test("nobody is taken out of etcd before it is recorded, and a coordinator that cannot record takes nobody out", async (t) => {
	const scene = new Scene();
	await scene.look(3, () => true);
	t.deepEqual(scene.done, []);
	t.regex(scene.troubles.join(), /the log cannot be written to/);
	scene.connected = false;
	await scene.look(3);
	t.deepEqual(scene.done, [], "the bus is away");
	scene.connected = true;
	await scene.look(2);
	t.deepEqual(scene.done, ["etcd-members-removing", "remove 1", "add https://192.168.1.10:2380", "etcd-member-added"]);
	t.is(scene.fleet.etcd?.removing, undefined);
});

test("who is found dead later is recorded too before it is taken out", async (t) => {
	const scene = new Scene();
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-members-removing"]);
	scene.listed.push({ id: "8", name: "stranger", peerUrls: ["https://192.168.1.99:2380"], learner: false });
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-members-removing", "etcd-members-removing"]);
	await scene.look(1);
	t.deepEqual(scene.done.slice(2, 4), ["remove 1", "remove 8"]);
});

test("a snapshot that is not whole is told once, and nobody begins with another one until it is there or somebody says so", async (t) => {
	const scene = new Scene();
	for (const revision of [5, 9]) {
		const sha256 = sha256Of(`snapshot ${revision}`);
		const content = { sha256, sizeBytes: 1 };
		const snapshot = { sha256, sizeBytes: 1, content, revision, takenAt: revision, cluster: "lab", secretsKeys: [] };
		scene.record({ type: "etcd-snapshot-taken", snapshot });
	}
	for (const [index, machine] of [...scene.fleet.machines.values()].entries()) {
		const bootId = `88888888-0000-4000-8000-00000000000${index}` as BootId;
		scene.fleet = { ...scene.fleet, machines: scene.fleet.machines.set(machine.machineId, { ...machine, bootId }) };
	}
	scene.missing = "is damaged: /somewhere";
	await scene.look(4);
	t.deepEqual(scene.done, ["etcd-snapshot-failed"]);
	t.regex(
		scene.fleet.snapshots?.trouble ?? "",
		/\(revision 9\) is damaged: \/somewhere; bring its file back, or choose another/,
	);
	t.is(scene.fleet.snapshots?.restoring, undefined);
	scene.missing = undefined;
	await scene.look(1);
	t.is(scene.fleet.snapshots?.restoring?.snapshot.revision, 9);
});

test("while a lost log is rebuilt, nothing is done to etcd: a member that is missing may prove itself yet", async (t) => {
	const scene = new Scene();
	scene.recovers(15_000);
	await scene.look(3);
	t.deepEqual(scene.done, []);
	scene.now = 15_000;
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-members-removing"]);
});

test("a member that etcd took out before the log went back is taken for one no more, once etcd itself does not list it, and nobody is taken out for that", async (t) => {
	const scene = new Scene();
	scene.does("it has no leader", "it has no leader");
	const [member] = scene.listed.splice(0, 1);
	await scene.look(2);
	t.deepEqual(scene.done, [], "nobody is well whom that could be believed");
	scene.does("it has no leader", "");
	if (member) scene.listed.push(member);
	await scene.look(2);
	t.deepEqual(scene.done, [], "it is listed, so it is a member that is ill");
	scene.listed.splice(0, scene.listed.length, { id: "1", name: "node-9", peerUrls: [], learner: false });
	await scene.look(2);
	t.deepEqual(scene.done, [], "its memory is that of a member, whatever its name");
	scene.listed.splice(0);
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-member-removed"]);
	t.deepEqual(scene.troubles, []);
	t.like(
		scene.fleet.etcd?.members.find(({ nodeName }) => nodeName === "node-0"),
		{ removed: "done" },
	);
});

test("a learner begins with those that etcd lists, also where the log takes one for a member that etcd took out", async (t) => {
	const scene = new Scene();
	scene.listed.splice(1, 1);
	await scene.look(2);
	t.deepEqual(scene.done, ["etcd-members-removing", "remove 1", "add https://192.168.1.10:2380", "etcd-member-added"]);
	const learner = scene.fleet.etcd?.members.find(({ votes }) => !votes);
	t.deepEqual(
		learner?.cluster.map(({ nodeName }) => nodeName),
		["node-0", "node-2"],
	);
});

test("a learner that an earlier try added begins with those that etcd lists once a member that was rejected since then is out", async (t) => {
	const scene = new Scene();
	const learner = { id: "9", name: "", peerUrls: ["https://192.168.1.10:2380"], learner: true };
	scene.listed.splice(0, 1, learner);
	scene.rejects();
	await scene.look(2);
	t.deepEqual(scene.done, ["etcd-members-removing", "remove 2", "etcd-member-added"]);
	const joined = scene.fleet.etcd?.members.find(({ votes }) => !votes);
	t.deepEqual(
		joined?.cluster.map(({ nodeName }) => nodeName),
		["node-0", "node-2"],
	);
});

test("a member that etcd took out is taken for one no more, also where its target failed for that", async (t) => {
	const scene = new Scene();
	scene.does("it was taken out of the cluster", "");
	scene.fails();
	scene.listed.splice(0, 1);
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-member-removed"]);
});

test("a learner by a log that went back, which etcd took out before, keeps nobody waiting once etcd does not list it", async (t) => {
	const scene = new Scene();
	scene.added();
	scene.does("it was taken out of the cluster", "");
	scene.fails();
	scene.listed.splice(0, 1);
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-member-removed"]);
	t.deepEqual(scene.troubles, []);
});

test("one that never began, and so has no memory, is looked for by its address: where nobody is listed there it is no learner any more", async (t) => {
	for (const listed of [true, false]) {
		const scene = new Scene();
		scene.added();
		scene.does("no member of its initial cluster answers", "");
		scene.fails();
		scene.neverBegan();
		if (!listed) scene.listed.splice(0, 1);
		await scene.look(1);
		t.deepEqual(scene.done, [listed ? "etcd-member-promoted" : "etcd-member-removed"]);
		t.deepEqual(scene.troubles, []);
	}
});

test("a machine whose memory is that of a member is none to be replaced", async (t) => {
	const scene = new Scene();
	scene.holds("1");
	await scene.look(2);
	t.deepEqual(scene.done, ["etcd-member-added", "etcd-member-promoted"]);
	t.is(scene.listed.length, 3);
});

test("who still learns by etcd's list, and votes by a log that was lost meanwhile, is let vote before another one joins, since etcd takes one learner", async (t) => {
	const scene = new Scene();
	const [, second] = scene.listed;
	if (second) scene.listed.splice(1, 1, { ...second, learner: true });
	await scene.look(2);
	const joins = ["remove 1", "add https://192.168.1.10:2380", "etcd-member-added"];
	t.deepEqual(scene.done, ["promote 2", "etcd-members-removing", ...joins]);
	t.deepEqual(scene.troubles, []);
});
