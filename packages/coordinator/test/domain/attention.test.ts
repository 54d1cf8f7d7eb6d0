import fc from "@rollcall/test-support/properties";
import test from "ava";
import { apply } from "../../src/domain/apply.ts";
import { Attention, changedBy } from "../../src/domain/attention.ts";
import { decide } from "../../src/domain/decide.ts";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { steadyMachines } from "../../src/domain/targets/steady.ts";
import { busyStory, observedAt, rememberedSummaries, story, summarize } from "./stories.ts";

test("what is decided about those that changed is what is decided about all", (t) => {
	let passedOver = 0;
	fc.assert(
		fc.property(busyStory, fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 15_000 })), (told, silence) => {
			const remembered = rememberedSummaries();
			const attention = new Attention();
			let fleet = EMPTY_FLEET;
			for (const event of told.events) {
				const before = fleet;
				fleet = apply(before, event);
				attention.follow(before, { fleet, events: [event] });
				const observed = observedAt(fleet, event.at + silence, event.at);
				// Of silence the others are asked when all are.
				attention.begin(observed.at, silence > 0);
				t.deepEqual(decide(fleet, observed, remembered, { attention }), decide(fleet, observed, summarize));
				t.deepEqual(decide(fleet, observed, remembered, { attention }), decide(fleet, observed, summarize));
				const steady = steadyMachines(fleet, observed.at, remembered);
				passedOver += fleet.machines.size - [...attention.machines(fleet, steady)].length;
			}
		}),
		{ numRuns: 400 },
	);
	t.true(passedOver > 100, `${passedOver} machines were passed over`);
});

test("an event changes no machine but those that it names", (t) => {
	fc.assert(
		fc.property(fc.oneof(story, busyStory), (told) => {
			let fleet = EMPTY_FLEET;
			for (const event of told.events) {
				const after = apply(fleet, event);
				const changed = [...after.machines].filter(([machineId, machine]) => fleet.machines.get(machineId) !== machine);
				for (const [machineId] of changed) t.true(changedBy(event).includes(machineId), event.type);
				fleet = after;
			}
		}),
		{ numRuns: 200 },
	);
});
