import test from "ava";
import { bootIdOf, uuidOf } from "./hardware.ts";
import { codeOf, documentOf, START, Story } from "./story.ts";

const slots = [{ name: "w", role: "worker", count: "rest" }];

/** A fleet that lost its log, with the proofs that its machines hold from before. */
function lost(names: readonly string[], declared: readonly object[] = slots) {
	const before = new Story();
	before.declare(declared);
	const proofs = names.map((name) => before.proof(before.join({ name })));
	const story = new Story();
	story.record([
		{ type: "log-started", recovering: true, recoverUntil: START + 15_000 },
		{ type: "cluster-declared", ...documentOf(declared), by: "recovery" },
	]);
	return { before, story, proofs };
}

test("machines keep their seats and generations by what they prove, in any order, and nothing changes on them", (t) => {
	const { before, story, proofs } = lost(["a", "b", "c"]);
	for (const proof of [...proofs].reverse()) {
		const hardware = ["a", "b", "c"].map((name) => ({ name })).find((box) => bootIdOf(box) === proof.assignment.bootId);
		if (!hardware) return t.fail();
		t.is(story.enroll(hardware, { token: null, proof }).kind, "enrolled");
		t.is(story.hello(proof.assignment.machineId, hardware, { proof, generation: 1 }).kind, "target");
	}
	t.deepEqual(story.seating(), before.seating());
	story.pass(30);
	t.deepEqual(story.seating(), before.seating());
	t.is(story.all("target-issued").length, 0);
	t.true(
		[...story.fleet.machines.values()].every(
			({ target, approval }) => target?.generation === 1 && approval === "approved",
		),
	);
});

test("nothing is assigned before the time for proofs is over", (t) => {
	const { story, proofs } = lost(["a"]);
	const newcomer = story.join({ name: "z" });
	story.pass(10);
	t.is(story.machine(newcomer).seat, undefined);
	const answer = story.hello(newcomer, { name: "z" });
	t.true(answer.kind === "wait" && /lost its log/.test(answer.reason));
	t.is(story.hello(uuidOf("a") as never, { name: "a" }, { proof: proofs[0] as never, generation: 1 }).kind, "target");
	story.pass(10);
	t.deepEqual([story.machine(uuidOf("a") as never).seat?.seat, story.machine(newcomer).seat?.seat], [0, 1]);
});

test("a proof that is not signed, or is another boot's, lets nobody in", (t) => {
	const { story, proofs } = lost(["a"]);
	const [proof] = proofs;
	if (!proof) return t.fail();
	t.is(story.enroll({ name: "a", boot: 2 }, { token: null, proof }).kind, "problem");
	const request = { kind: "hello", machineId: proof.assignment.machineId, proofValid: false } as const;
	const { bootId, publicKey } = proof.assignment;
	const facts = { ...story.fleet.machines.first()?.facts, bootId } as never;
	const answer = story.take({ ...request, hello: { bootId, publicKey, facts, generation: 1, renew: false, proof } });
	t.true(answer.kind === "problem" && answer.problem.code === "unknown-machine");
	t.is(story.fleet.machines.size, 0);
});

test("a spare comes back without token and proof while a lost log is rebuilt, and gets no seat that others prove; later it does not come back", (t) => {
	const { story, proofs } = lost(["a"]);
	const spare = uuidOf("z") as never;
	t.is(story.hello(spare, { name: "z" }).kind, "wait");
	t.is(story.hello(uuidOf("x") as never, { name: "z" }).kind, "problem", "it speaks for another machine");
	t.is(story.hello(uuidOf("a") as never, { name: "a" }, { proof: proofs[0] as never, generation: 1 }).kind, "target");
	story.pass(20);
	t.deepEqual([story.machine(uuidOf("a") as never).seat?.seat, story.machine(spare).seat?.seat], [0, 1]);
	t.is(story.hello(uuidOf("y") as never, { name: "y" }).kind, "problem");
	t.is(story.fleet.machines.size, 2);
});

test("a machine on which its target never ran comes back, and gets the next one above what it was given", (t) => {
	const { story } = lost([]);
	const id = uuidOf("z") as never;
	t.is(story.hello(id, { name: "z" }, { generation: 3 }).kind, "wait");
	story.pass(20);
	t.is(story.machine(id).target?.generation, 4);
});

test("a machine that was given a target after the one that it proves gets the next one above that", (t) => {
	const { story, proofs } = lost(["a"]);
	const [proof] = proofs;
	if (!proof) return t.fail();
	const { machineId } = proof.assignment;
	t.is(story.hello(machineId, { name: "a" }, { proof, generation: 3 }).kind, "target");
	t.is(story.machine(machineId).generation, 3);
	story.pass(20);
	t.is(story.machine(machineId).target?.generation, 4);
});

test("of two proofs for one seat the one that was given later counts", (t) => {
	const { story, proofs } = lost(["a", "b"]);
	const [a, b] = proofs;
	if (!a || !b) return t.fail();
	const later = { ...b, assignment: { ...b.assignment, seat: 0, assignedAt: (a.assignment.assignedAt ?? 0) + 1 } };
	story.enroll({ name: "a" }, { token: null, proof: a });
	story.enroll({ name: "b" }, { token: null, proof: later });
	t.is(story.seating()["w/0"], b.assignment.machineId);
	t.is(story.machine(a.assignment.machineId).seat, undefined);
	const other = lost(["a", "b"]).story;
	other.enroll({ name: "b" }, { token: null, proof: later });
	other.enroll({ name: "a" }, { token: null, proof: a });
	t.is(other.seating()["w/0"], b.assignment.machineId);
});

test("a machine that proves nothing any more keeps counting above what it proves", (t) => {
	const { story, proofs } = lost(["a"]);
	const [proof] = proofs;
	if (!proof) return t.fail();
	const gone = { ...proof, assignment: { ...proof.assignment, slot: "gone", generation: 41 } };
	story.enroll({ name: "a" }, { token: null, proof: gone });
	story.pass(20);
	t.is(story.machine(proof.assignment.machineId).target?.generation, 42);
});

test("a box whose id another box took since the log was lost gets its own, and keeps its seat", (t) => {
	const before = new Story();
	before.declare(slots);
	const uuid = uuidOf("both");
	const proof = before.proof(before.join({ name: "a", uuid }));
	const { story } = lost([]);
	const other = story.join({ name: "b", uuid });
	t.is(other, proof.assignment.machineId);
	t.is(story.hello(other, { name: "a", uuid }, { proof, generation: 1 }).kind, "problem");
	const answer = story.enroll({ name: "a", uuid }, { token: null, proof });
	if (answer.kind !== "enrolled") return t.fail(JSON.stringify(answer));
	t.not(answer.machineId, other);
	t.is(story.seating()["w/0"], answer.machineId);
	t.deepEqual(story.machine(other).fenced, []);
});

test("a machine that proves the seat that it has under another node name has that name, and its number counts", (t) => {
	const { story, proofs } = lost(["a"]);
	const [proof] = proofs;
	if (!proof) return t.fail();
	const id = story.join({ name: "a", boot: 2 });
	story.pass(20);
	const { assignment } = proof;
	const renamed = { ...proof, assignment: { ...assignment, nodeName: "as-it-was-called", generation: 7 } };
	t.is(story.enroll({ name: "a" }, { token: null, proof: renamed }).kind, "enrolled");
	t.is(story.seating()["w/0"], id);
	t.is(story.machine(id).seat?.nodeName, "as-it-was-called");
	t.is(story.machine(id).generation, 7);
	t.is(story.fleet.nodeNames.size, 1, "the other name is free");
});

for (const [what, isProved] of [
	["proves its seat with", true],
	["was reset and proves nothing with", false],
] as const)
	test(`etcd's memory counts that a machine names in the first hello to a log that begins anew, also one that ${what} that hello`, (t) => {
		const control = { name: "control", role: "control-plane", count: 1 };
		const { story, proofs } = lost(["a"], [control]);
		const [proof] = proofs;
		if (!proof) return t.fail();
		const { machineId, bootId } = proof.assignment;
		const memory = { memberId: "17", clusterId: "77", bootId };
		const said = isProved ? { proof, generation: 1, memory } : { memory };
		t.is(story.hello(machineId, { name: "a" }, said).kind, isProved ? "target" : "wait");
		t.deepEqual(story.machine(machineId).etcdMemory?.is, memory);
		story.pass(20);
		t.is(story.machine(machineId).seat?.slot, isProved ? "control" : undefined, "nobody comes in place of that memory");
	});

test("a document that moves etcd is refused while a log is rebuilt, and after that until its memory is proved or a person says that none is left", (t) => {
	const control = { name: "control", role: "control-plane", count: 1 };
	const { story } = lost([], [control]);
	const moved = documentOf([control, { name: "store", role: "etcd", count: 1 }]);
	const declare = (more: object = {}) => codeOf(story.take({ kind: "declare", ...moved, by: "test", ...more }));
	t.is(declare(), "quorum-at-risk");
	t.is(codeOf(story.take({ kind: "declare", ...documentOf([control, ...slots]), by: "test" })), "ok");
	story.pass(20);
	t.is(declare(), "quorum-at-risk", "that nobody proved anything is no proof, either");
	story.take({ kind: "etcd-choose", from: "none", by: "test" });
	t.is(declare(), "ok", "a person said that no memory is left");
});
