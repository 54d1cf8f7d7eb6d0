import { EventSchema, fit } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { z } from "zod";
import { admit } from "../../src/domain/admit.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { record } from "../../src/domain/record.ts";
import { takeTurn } from "../../src/loop/turn.ts";
import { bootIdOf, uuidOf } from "./hardware.ts";
import { documentOf, Story } from "./story.ts";

/** Texts as others write them: long, empty, cut through the middle of a character. */
const text = fc.oneof(
	fc.string({ maxLength: 40 }),
	fc.nat(3000).map((length) => "x".repeat(length)),
	fc.nat(1200).map((length) => `${"y".repeat(length % 2)}${"😀".repeat(length)}`),
);
const machineId = fc.constantFrom("a", "b", "c").map((name) => uuidOf(name) as never);
const nodeName = fc.constantFrom("workers-0", "workers-1", "x");

const seen: fc.Arbitrary<Input> = fc.oneof(
	fc.record({ kind: fc.constant("api-seen" as const), ready: fc.boolean(), reason: text }),
	fc.record({
		kind: fc.constant("claims-seen" as const),
		waiting: fc.array(
			fc.record({ namespace: text, name: text, storageClass: text }, { requiredKeys: ["namespace", "name"] }),
			{ maxLength: 20 },
		),
	}),
	fc.record({
		kind: fc.constant("nodes-seen" as const),
		nodes: fc.array(
			fc.record({
				name: nodeName,
				bootId: fc.constant(bootIdOf({ name: "a" })),
				state: fc.record({
					ready: fc.boolean(),
					reason: text,
					version: text,
					pressure: fc.array(text, { maxLength: 20 }),
				}),
			}),
			{ maxLength: 3 },
		),
	}),
	fc.record({
		kind: fc.constant("add-ons" as const),
		outcome: fc.record({ ok: fc.constant(false as const), reason: text }),
	}),
	fc.record({ kind: fc.constant("etcd-snapshot-failed" as const), reason: text }),
	fc.record({
		kind: fc.constant("seats-empty" as const),
		slots: fc.array(fc.constantFrom("workers", "other"), { maxLength: 3 }),
	}),
);
const told: fc.Arbitrary<Input> = fc.oneof(
	fc.record({
		kind: fc.constant("add-ons" as const),
		outcome: fc.record({
			ok: fc.constant(true as const),
			digest: fc.constant(documentOf([{ name: "workers", role: "worker", count: 1 }]).digest),
			objects: fc.nat(),
			drifted: fc.array(text, { maxLength: 20 }),
			pruned: fc.array(text, { maxLength: 20 }),
		}),
	}),
	fc.record({ kind: fc.constant("reject" as const), machineId, reason: text, by: fc.constant("test") }),
	fc.record({ kind: fc.constant("command-failed" as const), machineId, commandId: fc.constant("c1"), reason: text }),
);

function fleet(): Story {
	const story = new Story();
	story.declare([{ name: "workers", role: "worker", count: 3 }]);
	for (const name of ["a", "b", "c"]) story.enroll({ name });
	return story;
}

test("whatever others write, every event that comes of it can be read back and is the same then", (t) => {
	fc.assert(
		fc.property(
			fc.array(fc.oneof(seen, told), { maxLength: 8 }),
			fc.double({ min: 0, max: 20_000, noNaN: true }),
			(inputs, stall) => {
				const story = fleet();
				const turn = takeTurn({
					fleet: story.fleet,
					inputs,
					// A machine that was silent, and a stall that was forgiven to a fraction of a millisecond.
					observed: {
						at: story.at + 30_000,
						listeningSince: story.at + stall,
						lastHeard: new Map([[uuidOf("a") as never, story.at + stall]]),
					},
					summarize: story.summarize,
					keep: () => true,
					decideAnyway: true,
				});
				t.deepEqual(turn.refused, []);
				for (const event of turn.events) {
					const read = EventSchema.parse(JSON.parse(JSON.stringify(event)));
					t.deepEqual(read, JSON.parse(JSON.stringify(event)));
				}
			},
		),
		{ numRuns: 200 },
	);
});

test("what was cut to fit an event is no news when it is seen again", (t) => {
	fc.assert(
		fc.property(seen, (input) => {
			const story = fleet();
			story.take(input);
			t.deepEqual(admit(story.fleet, input, story.at).events, []);
		}),
		{ numRuns: 200 },
	);
});

test("a draft that no schema takes leaves no trace, and says which field it is", (t) => {
	const story = fleet();
	const draft = { type: "machine-approved" as const, machineId: uuidOf("a") as never, by: 7 as never };
	const recorded = record(story.fleet, [draft], story.at);
	t.is(recorded.fleet, story.fleet);
	t.deepEqual(recorded.events, []);
	t.regex(recorded.refused[0]?.reason ?? "", /^machine-approved: by: /);
});

test("an input whose events could not be read back is refused as a whole, and what comes with it is taken", (t) => {
	const story = fleet();
	const bad: Input = { kind: "approve", machineId: uuidOf("a") as never, by: 7 as never };
	const label: Input = { kind: "label", machineId: uuidOf("b") as never, labels: { rack: "r1" }, by: "test" };
	story.record([{ type: "machine-rejected", machineId: uuidOf("a") as never, by: "test", reason: "no" }]);
	const turn = takeTurn({
		fleet: story.fleet,
		inputs: [bad, label],
		observed: story.observed(),
		summarize: story.summarize,
		keep: () => true,
		decideAnyway: false,
	});
	t.is(turn.answers[0]?.kind, "problem");
	t.is(turn.answers[1]?.kind, "ok");
	t.is(turn.events[0]?.type, "machine-labelled");
	t.false(turn.events.some(({ type }) => type === "machine-approved"));
	t.is(turn.refused.length, 1);
});

test("a size is all that is mended: texts, lists and fractions, never what something is", (t) => {
	const schema = z.strictObject({
		text: z.string().max(3),
		list: z.array(z.string().max(2)).max(2),
		count: z.int().min(0),
	});
	t.deepEqual(fit(schema, { text: "abcdef", list: ["aaa", "b", "c"], count: 1.6 }), {
		ok: true,
		value: { text: "abc", list: ["aa", "b"], count: 2 },
	});
	t.deepEqual(fit(schema, { text: "ab😀d", list: [], count: 0 }), {
		ok: true,
		value: { text: "ab", list: [], count: 0 },
	});
	for (const wrong of [{ count: -1 }, { count: Number.NaN }, { count: "1" }, { text: 1 }, { more: 1 }]) {
		t.false(fit(schema, { text: "", list: [], count: 0, ...wrong } as never).ok, JSON.stringify(wrong));
	}
});
