import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { MAX_WAITING } from "../../src/domain/fleet.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import { factsOf, keyOf } from "./hardware.ts";
import { codeOf, Story } from "./story.ts";

const CLOSED = { approval: {} };

/** A fleet that nobody is let into, and as many strangers as may wait. */
function crowded() {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }], CLOSED);
	const first = story.join({ name: "s0" });
	for (let count = 1; count < MAX_WAITING; count++) story.join({ name: `s${count}` });
	return { story, first };
}

test("only so many machines wait for approval; one more is told so, and leaves no trace", (t) => {
	const { story } = crowded();
	t.is(story.fleet.waiting, MAX_WAITING);
	const tokens = story.fleet.tokens.size;
	t.is(codeOf(story.enroll({ name: "one-more" })), "too-many-requests");
	t.is(story.fleet.machines.size, MAX_WAITING);
	t.is(story.fleet.tokens.size, tokens + 1);
});

test("a stranger that is lost gives way to a new machine, and known machines come in whatever waits", (t) => {
	const { story, first } = crowded();
	const known = story.fleet.machines.keys().next().value as MachineId;
	t.truthy(known);
	story.silent.add(first);
	story.pass(12);
	t.is(codeOf(story.enroll({ name: "one-more" })), "enrolled");
	t.false(story.fleet.machines.has(first));
	t.is(story.fleet.waiting, MAX_WAITING);
	t.is(story.fleet.removed.size, 0);
});

test("approving makes room", (t) => {
	const { story, first } = crowded();
	story.take({ kind: "approve", machineId: first, by: "test" });
	t.is(story.fleet.waiting, MAX_WAITING - 1);
	t.is(codeOf(story.enroll({ name: "one-more" })), "enrolled");
});

test("a stranger that is gone is forgotten after ten minutes, a machine that was let in never is", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }], CLOSED);
	const [stranger, known] = [story.join({ name: "a" }), story.join({ name: "b" })];
	story.take({ kind: "approve", machineId: known, by: "test" });
	for (const id of [stranger, known]) story.silent.add(id);
	story.pass(11 * 60);
	t.deepEqual([story.fleet.machines.has(stranger), story.fleet.machines.has(known)], [false, true]);
	t.is(story.fleet.waiting, 0);
	t.deepEqual(fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(story.fleet))))?.waiting, 0);
});

test("facts by the ten thousand characters are refused with a word, on enrolling and in a hello", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	const id = story.join({ name: "a" });
	const facts = factsOf({ name: "a" });
	const routes = Array.from({ length: 256 }, (_, index) => ({
		destination: `${"1".repeat(60)}.${index}`.slice(0, 64),
		nic: "n".repeat(32),
	}));
	const nics = Array.from({ length: 60 }, (_, index) => ({
		...facts.nics[0],
		name: `e${index}`,
		addresses: Array(8).fill("2".repeat(60)),
	}));
	const large = { ...facts, routes, nics } as typeof facts;
	const { bootId } = facts;
	const hello = { bootId, publicKey: keyOf({ name: "a" }), facts: large, generation: 0, renew: false };
	t.is(codeOf(story.take({ kind: "hello", machineId: id, hello, proofValid: false })), "too-large");
	t.is(story.all("facts-changed").length, 0);
	const request = { publicKey: keyOf({ name: "b" }), facts: large };
	const token = story.token();
	t.is(codeOf(story.take({ kind: "enroll", request, tokenHash: token, proofValid: false, remote: "x" })), "too-large");
});
