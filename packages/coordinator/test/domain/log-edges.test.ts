import { type Event, EventSchema, LATEST_EVENT, MOST_EVENTS } from "@rollcall/protocol";
import test from "ava";
import { apply } from "../../src/domain/apply.ts";
import { leapOf, MOST_OF_A_STATE, mostAfter, timeOfNext } from "../../src/domain/log/log-edge.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import { START, Story } from "./story.ts";

const FAR = Number.MAX_SAFE_INTEGER;
const HOUR = 3_600_000;

test("an event whose number, time or generation has no next is not understood", (t) => {
	const event = { type: "generation-raised", machineId: "a", bootId: "6b1f6f6c-8f0e-4c8e-9f4e-0a6e0d0c0b0a", seq: 1 };
	const good = { ...event, generation: 1, at: START, cause: 1 };
	t.true(EventSchema.safeParse(good).success);
	for (const wrong of [{ seq: MOST_EVENTS + 1 }, { at: LATEST_EVENT + 1 }, { cause: FAR }, { generation: FAR }])
		t.false(EventSchema.safeParse({ ...good, ...wrong }).success, Object.keys(wrong).join());
});

test("an event with a token's end that is no date, or with a share of networks that none can follow, is not understood", (t) => {
	const hash = `sha256:${"0".repeat(64)}`;
	const token = { type: "token-created", tokenId: "t", hash, scope: "admin", labels: {}, by: "x", seq: 1, at: START };
	t.true(EventSchema.safeParse({ ...token, expiresAt: 8.64e15 }).success);
	t.false(EventSchema.safeParse({ ...token, expiresAt: 8.64e15 + 1 }).success);
	const bootId = "6b1f6f6c-8f0e-4c8e-9f4e-0a6e0d0c0b0a";
	const dealt = {
		type: "pod-networks-dealt",
		machineId: "a",
		bootId,
		networks: ["10.0.0.0/24"],
		pool: "p",
		reason: "x",
	};
	t.true(EventSchema.safeParse({ ...dealt, index: 7, seq: 1, at: START }).success);
	t.false(EventSchema.safeParse({ ...dealt, index: FAR, seq: 1, at: START }).success);
});

test("no log has anybody wait for machines' proofs longer than an hour, or be ahead of the date by more than its own time", (t) => {
	const { fleet } = new Story();
	const envelope = { seq: fleet.seq + 1, at: fleet.at };
	const flaws = [{ kind: "gap" as const, position: 1, reason: "entry 1 is missing" }];
	const events: Event[] = [
		{ type: "log-doubted", flaws, total: 1, checkedTo: 1, recoverUntil: 8.64e15, ...envelope },
		{ type: "log-started", recovering: true, recoverUntil: 8.64e15, ...envelope },
	];
	for (const event of events) t.is(apply(fleet, event).recoverUntil, fleet.at + HOUR, event.type);
	const stepped: Event = { type: "clock-stepped", coordinatorId: "x", aheadMs: 8.64e15, ...envelope };
	t.is(apply(fleet, stepped).clock?.at(-1)?.aheadMs, fleet.at);
});

test("a kept state behind which no event has room is not taken", (t) => {
	const json = fleetToJson(new Story().fleet);
	t.truthy(fleetFromJson(json));
	t.truthy(fleetFromJson({ ...json, ...MOST_OF_A_STATE }));
	for (const wrong of [{ seq: FAR }, { at: FAR }, { at: LATEST_EVENT }, { seq: MOST_EVENTS }])
		t.is(fleetFromJson({ ...json, ...wrong }), undefined, JSON.stringify(wrong));
});

test("no entry leaps to where few can follow, and from wherever one may get millions can", (t) => {
	const { seq, at } = new Story().fleet;
	const now = { seq, at };
	t.is(leapOf(now, { seq: seq + 1_000, at: at + 1_000 * 365 * 24 * HOUR }), undefined);
	t.regex(leapOf(now, { seq, at: LATEST_EVENT }) ?? "", /leaps from the time/);
	t.regex(leapOf(now, { seq: MOST_EVENTS, at }) ?? "", /leaps from event/);
	// As far as one entry may go, and as far again as it may go from there, and so on.
	let edge = now;
	for (let entries = 0; entries < 1_000; entries++) {
		const next = { seq: mostAfter(edge), at: timeOfNext(edge, FAR) };
		t.is(leapOf(edge, next), undefined);
		edge = next;
	}
	t.true(LATEST_EVENT - edge.at > 900 * 365 * 24 * HOUR);
	t.true(MOST_EVENTS - edge.seq > MOST_EVENTS / 4);
	t.true((LATEST_EVENT - MOST_OF_A_STATE.at) / HOUR > 1_000_000);
});
