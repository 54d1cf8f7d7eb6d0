import { EVENT_TYPES, type Event } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { Map as PersistentMap } from "immutable";
import { admit } from "../../src/domain/admit.ts";
import { apply } from "../../src/domain/apply.ts";
import { decide } from "../../src/domain/decide.ts";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { fleetFromJson, fleetToJson, stateDigest } from "../../src/domain/snapshot.ts";
import { steadyMachines } from "../../src/domain/targets/steady.ts";
import { busyStory, input, observedAt, rememberedSummaries, slots, story, summarize } from "./stories.ts";
import { documentOf, START } from "./story.ts";

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
			const remembered = rememberedSummaries();
			let fleet = EMPTY_FLEET;
			for (const event of told.events) {
				fleet = apply(fleet, event);
				const observed = observedAt(fleet, event.at + silence, event.at);
				const later = observedAt(fleet, event.at + 100_000, event.at + 100_000);
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
