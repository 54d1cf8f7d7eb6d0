import test from "ava";
import { Scene } from "./etcd-scene.ts";

test("of members that go together those whose memory no machine has go first, since etcd refuses the others before that", async (t) => {
	const scene = new Scene();
	scene.rejects();
	scene.listed.reverse();
	await scene.look(2);
	t.deepEqual(scene.done.slice(0, 3), ["etcd-members-removing", "remove 1", "remove 2"]);
	t.deepEqual(scene.troubles, []);
});

test("a dead member that the log has forgotten goes before one that runs and is to go", async (t) => {
	const scene = new Scene();
	scene.does("", "");
	scene.rejects();
	scene.listed.push({ id: "8", name: "stranger", peerUrls: ["https://192.168.1.99:2380"], learner: false });
	await scene.look(2);
	t.deepEqual(scene.done, ["etcd-members-removing", "remove 8", "remove 2", "etcd-member-removed"]);
	t.deepEqual(
		scene.listed.map(({ id }) => id),
		["1", "3"],
	);
});

test("while members run and one of them is to go, nobody goes with it whose memory a machine has", async (t) => {
	const scene = new Scene();
	scene.does("", "");
	scene.rejects();
	const [own] = scene.listed;
	if (own) scene.listed.splice(0, 1, { ...own, name: "node-9" });
	await scene.look(2);
	t.deepEqual(scene.done, ["etcd-members-removing", "remove 2", "etcd-member-removed"]);
});

test("a member that the log has forgotten is known as one again before another machine joins, and stays in etcd", async (t) => {
	const scene = new Scene();
	scene.forgets();
	await scene.look(4);
	t.deepEqual(scene.done, [
		"etcd-member-added",
		"etcd-member-promoted",
		"etcd-members-removing",
		"remove 1",
		"add https://192.168.1.10:2380",
		"etcd-member-added",
	]);
	t.true(scene.listed.some(({ id }) => id === "2"));
});

test("a member that the log has forgotten stays in etcd also where its address changed, and is known by the one by which the others look for it", async (t) => {
	const scene = new Scene();
	scene.forgets();
	const [, second] = scene.listed;
	if (!second) return t.fail();
	scene.listed.splice(1, 1, { ...second, peerUrls: ["https://10.9.9.9:2380"] });
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-member-added"]);
	const cluster = scene.fleet.etcd?.members.find(({ nodeName }) => nodeName === "node-1")?.cluster ?? [];
	t.is(cluster.find(({ nodeName }) => nodeName === "node-1")?.address, "10.9.9.9");
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-member-added", "etcd-member-promoted"]);
});

test("a machine with the memory of a member that etcd took out, of which the log knows nothing, joins no more in this boot", async (t) => {
	const scene = new Scene();
	scene.forgets();
	scene.listed.splice(1, 1);
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-member-removed"]);
	t.like(
		scene.fleet.etcd?.members.find(({ nodeName }) => nodeName === "node-1"),
		{ removed: "done" },
	);
	await scene.look(2);
	t.deepEqual(scene.done.slice(1), [
		"etcd-members-removing",
		"remove 1",
		"add https://192.168.1.10:2380",
		"etcd-member-added",
	]);
});

test("a learner that never began, since its machine has the memory of a member that etcd took out, keeps nobody waiting", async (t) => {
	const scene = new Scene();
	scene.added();
	scene.does("it was taken out of the cluster", "");
	scene.fails();
	scene.listed.splice(0, 1, { id: "9", name: "", peerUrls: ["https://192.168.1.10:2380"], learner: true });
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-member-removed"]);
});

test("who joins begins with the members where etcd lists them, also one whose machine has another address just now", async (t) => {
	const scene = new Scene();
	const [, second] = scene.listed;
	if (!second) return t.fail();
	scene.listed.splice(1, 1, { ...second, peerUrls: ["https://10.9.9.9:2380"] });
	await scene.look(2);
	const cluster = scene.fleet.etcd?.members.find(({ nodeName }) => nodeName === "node-0")?.cluster ?? [];
	t.deepEqual(
		cluster.map(({ address }) => `https://${address}:2380`).sort(),
		scene.listed.flatMap(({ peerUrls }) => peerUrls).sort(),
	);
});
