import fc from "@rollcall/test-support/properties";
import type { Fleet, Machine } from "../../src/domain/fleet.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { type Observed, summaryOf, type TargetSummary } from "../../src/domain/observed.ts";
import { rememberTargets } from "../../src/loop/remembered-targets.ts";
import { bootIdOf, factsOf, keyOf, uuidOf } from "./hardware.ts";
import { documentOf, renderForTests, START, Story } from "./story.ts";

const names = ["a", "b", "c", "d"] as const;
const hardware = fc.record({ name: fc.constantFrom(...names), boot: fc.integer({ min: 1, max: 3 }) });
const id = fc.constantFrom(...names).map((name) => uuidOf(name) as never);
const role = fc.constantFrom("control-plane", "worker", "vault");
/** Slots of a document. */
export const slots = fc
	.array(
		fc.record({
			role: fc.constantFrom("control-plane", "worker"),
			count: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant("rest")),
			spares: fc.integer({ min: 0, max: 2 }),
			selector: fc.constantFrom({}, { labels: { rack: "r1" } }),
		}),
		{ minLength: 1, maxLength: 3 },
	)
	.map((list) => list.map((slot, index) => ({ ...slot, name: `slot-${index}` })));

type Step = (story: Story) => void;

/** Whatever may be asked for. */
export const input: fc.Arbitrary<Input> = fc.oneof(
	fc.record({ kind: fc.constant("approve" as const), machineId: id, by: fc.constant("test") }),
	fc.record({ kind: fc.constant("reject" as const), machineId: id, reason: fc.string(), by: fc.constant("test") }),
	fc.record({ kind: fc.constant("compromised" as const), machineId: id, reason: fc.string(), by: fc.constant("test") }),
	fc.record({ kind: fc.constant("remove" as const), machineId: id, by: fc.constant("test") }),
	fc.record({ kind: fc.constant("pin-role" as const), machineId: id, role: fc.option(role), by: fc.constant("test") }),
	fc.record({
		kind: fc.constant("label" as const),
		machineId: id,
		labels: fc.constantFrom({}, { rack: "r1" }),
		by: fc.constant("test"),
	}),
	fc.record({
		kind: fc.constant("revoke-token" as const),
		tokenId: fc.constantFrom("t1", "t2", "x"),
		by: fc.constant("test"),
	}),
	fc.record({ kind: fc.constant("stray-beat" as const), machineId: id, bootId: hardware.map(bootIdOf) }),
	fc.record({
		kind: fc.constant("command-failed" as const),
		machineId: id,
		commandId: fc.constantFrom("c1", "c2"),
		reason: fc.string(),
	}),
	fc.record({
		kind: fc.constant("command" as const),
		machineId: id,
		commandId: fc.constantFrom("c1", "c2"),
		command: fc.constantFrom("reboot" as const, "reset" as const),
		deadlineAt: fc.integer({ min: START, max: START + 60_000 }),
		by: fc.constant("test"),
	}),
	fc.tuple(hardware, fc.integer({ min: 0, max: 9 })).map(([box, generation]) => ({
		kind: "hello" as const,
		machineId: uuidOf(box.name) as never,
		hello: { bootId: bootIdOf(box), publicKey: keyOf(box), facts: factsOf(box), generation, renew: false },
		proofValid: false,
	})),
	fc
		.tuple(hardware, fc.nat(9), fc.nat(9), fc.constantFrom("applying" as const, "applied" as const))
		.map(([box, sequence, generation, state]) => ({
			kind: "report" as const,
			machineId: uuidOf(box.name) as never,
			report: { bootId: bootIdOf(box), sequence, generation, progress: { state }, health: [] },
		})),
	slots.map((list) => ({ kind: "declare" as const, ...documentOf(list), by: "test" })),
);

const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 4,
		arbitrary: hardware.map(
			(box) => (story: Story) => void story.enroll(box, { labels: box.boot === 2 ? { rack: "r1" } : {} }),
		),
	},
	{ weight: 6, arbitrary: input.map((one) => (story: Story) => void story.take(one)) },
	{
		weight: 3,
		arbitrary: fc.constant((story: Story) => {
			for (const machine of story.fleet.machines.values())
				if (machine.target) story.report(machine.machineId, "applied", 9);
		}),
	},
	{ weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }).map((seconds) => (story: Story) => story.pass(seconds)) },
	{ weight: 1, arbitrary: id.map((machineId) => (story: Story) => void story.silent.add(machineId)) },
);
const toldBy = (begin: (story: Story) => void) =>
	fc.array(step, { maxLength: 40 }).map((steps) => {
		const told = new Story();
		begin(told);
		for (const one of steps) one(told);
		return told;
	});
/** What may happen to a fleet. */
export const story = toldBy(() => {});
/** With seats from the beginning. */
export const busyStory = toldBy((told) => told.declare([{ name: "slot-0", role: "worker", count: "rest" }]));
export const summarize: TargetSummary = (...about) => summaryOf(renderForTests(...about));

/** A renderer's summaries as the coordinator remembers them. */
export function rememberedSummaries(): TargetSummary {
	return rememberTargets({
		partOf: () => "all",
		sharedOf: (fleet) => fleet,
		keyOf: ({ cluster }) => cluster?.digest ?? "",
		render: (fleet, machine, seat) => renderForTests(fleet, machine as Machine, seat),
	}).summarize;
}

/** What is observed at a time where everybody was heard at another. */
export function observedAt(fleet: Fleet, at: number, heardAt: number): Observed {
	const lastHeard = new Map([...fleet.machines.keys()].map((machineId) => [machineId, heardAt]));
	return { at, listeningSince: 0, lastHeard };
}
