import { EVENT_TYPES, type Event } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { Map as PersistentMap } from "immutable";
import { admit } from "../../src/domain/admit.ts";
import { apply } from "../../src/domain/apply.ts";
import { decide } from "../../src/domain/decide.ts";
import { EMPTY_FLEET, type Machine } from "../../src/domain/fleet.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { summaryOf, type TargetSummary } from "../../src/domain/observed.ts";
import { fleetFromJson, fleetToJson, stateDigest } from "../../src/domain/snapshot.ts";
import { steadyMachines } from "../../src/domain/targets/steady.ts";
import { rememberTargets } from "../../src/loop/remembered-targets.ts";
import { bootIdOf, factsOf, keyOf, uuidOf } from "./hardware.ts";
import { documentOf, renderForTests, START, Story } from "./story.ts";

const names = ["a", "b", "c", "d"] as const;
const hardware = fc.record({ name: fc.constantFrom(...names), boot: fc.integer({ min: 1, max: 3 }) });
const id = fc.constantFrom(...names).map((name) => uuidOf(name) as never);
const role = fc.constantFrom("control-plane", "worker", "vault");
const slots = fc
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

const input: fc.Arbitrary<Input> = fc.oneof(
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
const story = toldBy(() => {});
/** With seats from the beginning. */
const busyStory = toldBy((told) => told.declare([{ name: "slot-0", role: "worker", count: "rest" }]));
const summarize: TargetSummary = (...about) => summaryOf(renderForTests(...about));

test("whatever is taken in, decisions come to an end, and nothing throws", (t) => {
	t.notThrows(() =>
		fc.assert(
			fc.property(story, input, (told, one) => {
				admit(told.fleet, one, told.at);
				return decide(told.fleet, told.observed(), summarize).length === 0;
			}),
			{ numRuns: 150 },
		),
	);
});

test("the fold of the events is the state, also from a snapshot at any place", (t) => {
	fc.assert(
		fc.property(story, fc.double({ min: 0, max: 1, noNaN: true }), (told, where) => {
			const cut = Math.floor(told.events.length * where);
			const first = told.events.slice(0, cut).reduce(apply, EMPTY_FLEET);
			const kept = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(first)))) ?? EMPTY_FLEET;
			const rest = JSON.parse(JSON.stringify(told.events.slice(cut))) as Event[];
			t.is(stateDigest(rest.reduce(apply, kept)), stateDigest(told.fleet));
		}),
		{ numRuns: 100 },
	);
});

test("an event that is applied twice changes nothing the second time", (t) => {
	fc.assert(
		fc.property(story, (told) => {
			const last = told.events.at(-1);
			t.true(last === undefined || apply(told.fleet, last) === told.fleet);
		}),
		{ numRuns: 50 },
	);
});

test("apply is total: any event in any state only advances what it must", (t) => {
	const events = fc.tuple(story, fc.nat());
	fc.assert(
		fc.property(story, events, (told, [other, which]) => {
			const event = other.events[which % Math.max(1, other.events.length)];
			if (!event) return;
			const next = apply(told.fleet, { ...event, seq: told.fleet.seq + 1, at: told.at });
			t.is(next.seq, told.fleet.seq + 1);
			const holders = [...next.machines.values()].filter(({ seat }) => seat);
			t.is(holders.length, next.seats.size);
			const leaving = [...next.machines.values()].filter(({ leaving }) => leaving?.keepsName);
			t.is(holders.length + leaving.length, next.nodeNames.size);
		}),
		{ numRuns: 150 },
	);
	for (const type of EVENT_TYPES) {
		const bare = { type, seq: 1, at: START, machineId: "nobody", tokenId: "none" } as unknown as Event;
		const safe = ![
			"machine-enrolled",
			"token-created",
			"tokens-used",
			"log-doubted",
			"cluster-declared",
			"leader-elected",
			"etcd-founded",
			"etcd-snapshots-found",
			"listeners-changed",
			"listeners-believed",
		].includes(type);
		if (safe) t.is(apply(EMPTY_FLEET, bare).machines.size, 0, type);
	}
});

test("decisions do not depend on the order in which machines came into the map", (t) => {
	fc.assert(
		fc.property(story, slots, fc.infiniteStream(fc.nat()), (told, list, order) => {
			const declared = { ...documentOf(list), seq: told.fleet.seq, at: told.at };
			const one = { ...told.fleet, cluster: declared };
			const entries = [...one.machines.entries()].map((entry) => ({ entry, key: order.next().value ?? 0 }));
			const shuffled = entries.sort((a, b) => a.key - b.key).map(({ entry }) => entry);
			const other = { ...one, machines: PersistentMap(shuffled) };
			t.deepEqual(decide(other, told.observed(), summarize), decide(one, told.observed(), summarize));
		}),
		{ numRuns: 150 },
	);
});

test("what is remembered of steady machines changes no decision", (t) => {
	let steady = 0;
	fc.assert(
		fc.property(busyStory, fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 15_000 })), (told, silence) => {
			const remembered = rememberTargets({
				partOf: () => "all",
				sharedOf: (fleet) => fleet,
				keyOf: ({ cluster }) => cluster?.digest ?? "",
				render: (fleet, machine, seat) => renderForTests(fleet, machine as Machine, seat),
			}).summarize;
			let fleet = EMPTY_FLEET;
			for (const event of told.events) {
				fleet = apply(fleet, event);
				const observedAt = (at: number, heardAt: number) => {
					const heard = new Map([...fleet.machines.keys()].map((machineId) => [machineId, heardAt]));
					return { at, listeningSince: 0, lastHeard: heard };
				};
				const observed = observedAt(event.at + silence, event.at);
				const later = observedAt(event.at + 100_000, event.at + 100_000);
				// The first look remembers, the second uses it.
				for (const one of [observed, observed, later])
					t.deepEqual(decide(fleet, one, remembered), decide(fleet, one, summarize));
				const memory = steadyMachines(fleet, observed.at, remembered);
				for (const machine of fleet.machines.values()) if (memory?.has(machine)) steady++;
			}
		}),
		// A hundred of them have 56 to 190.
		{ numRuns: 400 },
	);
	t.true(steady > 100, `${steady} machines were steady`);
});
