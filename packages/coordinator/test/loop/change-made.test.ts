import { type Event, type EventOf, sha256Of } from "@rollcall/protocol";
import test from "ava";
import type { Asked } from "../../src/domain/change.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { describe } from "../../src/domain/views/describe.ts";
import { takeTurn } from "../../src/loop/turn.ts";
import { Story } from "../domain/story.ts";

const ALICE: Asked = { by: "alice", scope: "operator", from: "192.0.2.44", route: "POST /v1/x" };

/** What one input that Alice asks for records. */
function recorded(story: Story, input: Input, asked: Asked | null = ALICE): readonly Event[] {
	return takeTurn({
		fleet: story.fleet,
		inputs: [input],
		asked: [asked ?? undefined],
		observed: story.observed(),
		summarize: () => undefined,
		keep: () => true,
		decideAnyway: false,
	}).events;
}

function change(events: readonly Event[]): EventOf<"change-made"> | undefined {
	return events.find((event): event is EventOf<"change-made"> => event.type === "change-made");
}

test("a change is recorded in the same turn, with what was other before and the events that it led to", (t) => {
	const story = new Story();
	const machineId = story.join({ name: "a" });
	const events = recorded(story, { kind: "label", machineId, labels: { rack: "b" }, by: "alice" });
	const found = change(events);
	const labelled = events.find(({ type }) => type === "machine-labelled");
	t.like(found, {
		by: "alice",
		scope: "operator",
		from: "192.0.2.44",
		machineId,
		before: { labels: "none" },
		after: { labels: "rack=b" },
		events: { first: labelled?.seq, last: labelled?.seq },
	});
	t.is(
		found && describe(found),
		`alice (operator, from 192.0.2.44): POST /v1/x of ${machineId}: labels none -> rack=b`,
	);
});

test("what changes nothing, is refused, or nobody asked for through the API is not recorded as a change", (t) => {
	const story = new Story();
	const machineId = story.join({ name: "a" });
	const same = { kind: "label", machineId, labels: {}, by: "alice" } as const;
	t.is(change(recorded(story, same)), undefined);
	t.is(change(recorded(story, { kind: "approve", machineId: "m-none" as never, by: "alice" })), undefined);
	t.is(change(recorded(story, { ...same, labels: { a: "b" } }, null)), undefined);
});

test("a new token is recorded with its scope and end, and nothing of its hash", (t) => {
	const hash = sha256Of("rct_x");
	const input = {
		kind: "create-token",
		tokenId: "t-1",
		hash,
		scope: "viewer",
		expiresAt: 1e12,
		labels: {},
		by: "alice",
	} as const;
	const found = change(recorded(new Story(), input));
	t.like(found, {
		about: "token t-1",
		before: {},
		after: { scope: "viewer", state: "usable", ends: "2001-09-09T01:46:40.000Z" },
	});
	t.false(JSON.stringify(found).includes(hash));
});

test("work that goes past the core is recorded by itself", (t) => {
	const found = change(recorded(new Story(), { kind: "change-noted" }, { ...ALICE, about: "images/a" }));
	t.like(found, { about: "images/a", before: {}, after: {} });
	t.false("events" in (found ?? {}));
});
