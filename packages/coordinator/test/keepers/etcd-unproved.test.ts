import test from "ava";
import { quorumOf } from "../../src/domain/etcd/quorum.ts";
import { etcdRisk } from "../../src/domain/etcd/risk.ts";
import { Scene } from "./etcd-scene.ts";

/** After a lost log two of three members proved themselves, which found etcd; the third machine is away. */
async function foundedByTwo(): Promise<Scene> {
	const scene = new Scene();
	scene.provesAlone();
	scene.provesToo(true);
	scene.leaves();
	await scene.look(1);
	return scene;
}

test("voters that etcd lists and nobody proved after a lost log count, so that none of the others may go", async (t) => {
	const scene = await foundedByTwo();
	t.deepEqual(scene.done, ["etcd-founded"]);
	t.deepEqual(scene.fleet.etcd?.unproved, ["3"]);
	t.like(quorumOf(scene.fleet), { count: 3, needs: 2, healthy: { length: 2 } });
	t.regex(
		etcdRisk(scene.fleet, 1) ?? "",
		/^none of three may go now, since 1 of which the event log knows nothing does/,
	);
});

test("where etcd does not answer nobody is founded: whose votes it counts is not known", async (t) => {
	const scene = new Scene();
	scene.provesAlone();
	scene.provesToo(true);
	scene.leaves();
	scene.answers = false;
	await scene.look(2);
	t.deepEqual(scene.done, []);
	scene.answers = true;
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-founded"]);
});

test("they count no more once etcd took them out for another one that joins", async (t) => {
	const scene = await foundedByTwo();
	scene.returns();
	await scene.look(2);
	t.deepEqual(scene.done, [
		"etcd-founded",
		"etcd-members-removing",
		"remove 3",
		`add ${scene.urlOf(2)}`,
		"etcd-member-added",
	]);
	t.is(scene.fleet.etcd?.unproved, undefined);
	t.like(quorumOf(scene.fleet), { count: 2, needs: 2 });
});

test("they count no more where etcd took them out for one that lost its seat before it joined, and another one leaves", async (t) => {
	const scene = await foundedByTwo();
	scene.returns();
	await scene.look(2, ({ kind }) => kind === "etcd-step-done");
	t.true(scene.done.includes("remove 3"));
	t.deepEqual(scene.fleet.etcd?.unproved, ["3"], "nobody recorded that it is done");
	const [, second, third] = [...scene.fleet.machines.values()];
	if (!second?.seat || !third?.seat) return t.fail();
	for (const { machineId, seat } of [third, second])
		scene.record({ type: "machine-released", machineId, slot: "control", seat: seat?.seat ?? 0, reason: "its slot" });
	await scene.look(3);
	t.is(scene.fleet.etcd?.unproved, undefined);
	t.like(quorumOf(scene.fleet), { count: 1 });
});

test("who proved a minority of the seats found etcd where they are most of its own voters, since a document added seats that nobody has yet", async (t) => {
	const scene = new Scene();
	scene.provesAlone();
	scene.provesToo(true);
	scene.leaves();
	scene.grows(5);
	scene.listed.push({ id: "4", name: "node-3", peerUrls: ["https://192.168.1.13:2380"], learner: false });
	await scene.look(1);
	t.deepEqual(scene.done, [], "two of four are no majority: if one of the others goes, nothing goes on");
	t.regex(scene.troubles.join(), /etcd has the members node-2, node-3 beside node-0, node-1, which have not proved /);
	scene.listed.pop();
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-founded"]);
	t.deepEqual(scene.fleet.etcd?.unproved, ["3"]);
	t.like(quorumOf(scene.fleet), { count: 3, needs: 2, healthy: { length: 2 } });
});

test("one of two that proved themselves after a lost log and is ill is none of those that make a majority", async (t) => {
	const scene = new Scene();
	scene.provesAlone();
	scene.provesToo();
	scene.leaves();
	scene.grows(5);
	await scene.look(1);
	t.deepEqual(scene.done, []);
	t.regex(scene.troubles.join(), /etcd has the members node-2 beside node-0, node-1/);
});
