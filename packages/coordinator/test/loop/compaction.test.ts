import test from "ava";
import { compactBefore } from "../../src/loop/compaction.ts";

const DOUBT = { seq: 1, at: 1, kinds: ["gap" as const], reason: "entry 7 is missing from the event log" };

/** A log of a hundred entries that is as full as this, in percent. `missing`: so many of them are gone. */
const log = (percent: number, missing = 0) => ({
	origin: "log",
	first: 1,
	last: 100,
	bytes: percent * 10,
	entries: 100 - missing,
	maxBytes: 1_000,
});

test("older entries go when a log is half full, and the newest half stays", (t) => {
	t.is(compactBefore(log(49), undefined), undefined);
	t.is(compactBefore(log(50), undefined), 51);
});

test("a log with entries that are missing is not shortened before that is told and accepted", (t) => {
	t.is(compactBefore(log(80, 1), undefined), undefined);
	t.is(compactBefore(log(80, 1), { checkedTo: 90, doubt: DOUBT }), undefined);
});

test("while a log is in doubt, what was checked of it goes only when room is short", (t) => {
	t.is(compactBefore(log(84, 1), { checkedTo: 20, doubt: DOUBT }), undefined);
	t.is(compactBefore(log(85, 1), { checkedTo: 20, doubt: DOUBT }), 21);
});

test("a log whose missing entries were accepted is shortened again, but only as far as it was checked", (t) => {
	t.is(compactBefore(log(80, 1), { checkedTo: 90 }), 52);
	t.is(compactBefore(log(80, 1), { checkedTo: 20 }), 21);
	t.is(
		compactBefore({ ...log(80, 1), first: 21, entries: 79 }, { checkedTo: 20 }),
		undefined,
		"the hole is a later one",
	);
});

test("the newest entries stay for whoever reads them just now", (t) => {
	t.is(compactBefore({ ...log(90), last: 20, entries: 20 }, undefined), 5);
	t.is(compactBefore({ ...log(90), last: 16, entries: 16 }, undefined), undefined);
});

test("where an entry found no room all go but the newest one, since a few large ones can fill a log", (t) => {
	t.is(compactBefore({ ...log(90), last: 16, entries: 16 }, undefined, true), 16);
	t.is(compactBefore({ ...log(40), last: 16, entries: 16 }, undefined, true), 16, "one entry may be most of a log");
	t.is(
		compactBefore({ ...log(90), maxBytes: undefined }, undefined, true),
		100,
		"the account's own limit is not known",
	);
	t.is(compactBefore(log(40, 1), { checkedTo: 20, doubt: DOUBT }, true), 21);
	t.is(compactBefore(log(90, 1), undefined, true), undefined, "a hole that nobody told of is to be seen first");
});
