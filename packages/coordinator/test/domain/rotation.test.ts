import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { behind, rotated } from "../../src/domain/certificates/rotation.ts";
import type { Machine } from "../../src/domain/fleet.ts";
import { type SummaryIfKnown, summaryOf } from "../../src/domain/observed.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";
import { renderForTests, Story } from "./story.ts";

const slots = [{ name: "w", role: "worker", count: "rest" }];
const known: SummaryIfKnown = (...about) => summaryOf(renderForTests(...about));
/** The change means another target for everybody. */
const changed: SummaryIfKnown = (...about) => {
	const summary = known(...about);
	return summary?.ok ? { ...summary, digest: STAND_IN_TRUST.encryption } : summary;
};

/** Two machines that run their targets, and keys that have changed since. */
function setUp() {
	const story = new Story();
	story.record([{ type: "trust-changed", trust: STAND_IN_TRUST, reason: "the fleet's own keys" }]);
	story.declare(slots);
	const [a, b] = ["a", "b"].map((name) => story.join({ name })) as [MachineId, MachineId];
	for (const id of [a, b]) story.report(id, "applied", 1);
	const ids = (summarize: SummaryIfKnown) => behind(story.fleet, summarize, story.at).map(({ machineId }) => machineId);
	const rotate = () => {
		const trust = rotated(STAND_IN_TRUST, "authorities", STAND_IN_TRUST);
		story.record([{ type: "trust-changed", trust, reason: "a test" }]);
	};
	const set = (id: MachineId, more: Partial<Machine>) => {
		const machine = { ...story.machine(id), ...more };
		story.fleet = { ...story.fleet, machines: story.fleet.machines.set(id, machine) };
	};
	return { story, a, b, both: [a, b].sort(), ids, rotate, set };
}

test("nobody is behind a change that came before their targets, or that means nothing to them", (t) => {
	const { ids, rotate } = setUp();
	t.deepEqual(ids(changed), []);
	rotate();
	t.deepEqual(ids(known), []);
});

test("who runs a target from before the change is behind when it means another one, or that is not known yet", (t) => {
	const { ids, rotate, both } = setUp();
	rotate();
	t.deepEqual(ids(changed), both);
	t.deepEqual(
		ids(() => undefined),
		both,
	);
	t.deepEqual(
		ids(() => ({ ok: false, reason: "too little", kind: "unfit" })),
		both,
	);
});

test("who cannot be given a target, booted anew or has not applied it is behind; also who is lost", (t) => {
	const { story, ids, rotate, set, a, b } = setUp();
	const whole = story.fleet;
	set(a, { impossible: { reason: "1 GiB is too little", kind: "unfit" } });
	t.deepEqual(ids(known), [a]);
	story.fleet = whole;
	set(b, { bootId: story.machine(a).bootId });
	t.deepEqual(ids(known), [b]);
	story.fleet = whole;
	story.report(a, "applying", 2);
	t.deepEqual(ids(known), [a]);
	story.fleet = whole;
	set(b, { lease: "lost" });
	rotate();
	t.true(ids(changed).includes(b));
});

test("who holds no seat, or is not let in, is not waited for", (t) => {
	const { ids, rotate, set, a, b } = setUp();
	rotate();
	set(a, { seat: undefined });
	set(b, { approval: "rejected" });
	t.deepEqual(ids(changed), []);
});
