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
