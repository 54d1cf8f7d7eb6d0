import type { Event, LogFlaw } from "@rollcall/protocol";
import test from "ava";
import type { Machine } from "../../src/domain/fleet.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { Ledger } from "../../src/loop/ledger.ts";
import { rememberTargets } from "../../src/loop/remembered-targets.ts";
import { takeTurn } from "../../src/loop/turn.ts";
import type { Flaw } from "../../src/ports/log.ts";
import { documentOf, renderForTests, Story } from "../domain/story.ts";

const back = (position: number): Flaw => ({ kind: "back", position, reason: `the event log ends at ${position}` });
const doubted = (seq: number, flaws: readonly LogFlaw[], total = flaws.length): Event => ({
	type: "log-doubted",
	seq,
	at: 1_780_000_000_000,
	flaws: [...flaws],
	total,
	checkedTo: 2,
	recoverUntil: 1_780_000_015_000,
});

test("an entry that says what is wrong with the log ends the doubt about that", (t) => {
	const ledger = new Ledger();
	ledger.doubt([back(2)]);
	ledger.take({ position: 3, events: [doubted(1, [back(2)])], flaws: [] });
	t.deepEqual(ledger.flaws, []);
});

test("a log that went back a second time stays in doubt, although the first time is read again", (t) => {
	const ledger = new Ledger();
	ledger.doubt([back(4)]);
	ledger.take({ position: 3, events: [doubted(1, [back(2)])], flaws: [] });
	t.deepEqual(ledger.flaws, [back(4)]);
	ledger.take({ position: 5, events: [doubted(2, [back(4)])], flaws: [] });
	t.deepEqual(ledger.flaws, []);
});

test("a log that went back twice to the same place stays in doubt until an entry behind that place says so", (t) => {
	const ledger = new Ledger();
	ledger.doubt([back(4)]);
	ledger.take({ position: 4, events: [doubted(1, [back(4)])], flaws: [] });
	t.deepEqual(ledger.flaws, [back(4)]);
	ledger.take({ position: 5, events: [doubted(2, [back(4)])], flaws: [] });
	t.deepEqual(ledger.flaws, []);
});

test("what was damaged since another doubt was recorded, a machine's proof say, is told all the same", (t) => {
	const ledger = new Ledger();
	const gap: Flaw = { kind: "gap", position: 2, reason: "entry 2 is missing" };
	ledger.take({ position: 3, events: [], flaws: [gap] });
	ledger.take({ position: 4, events: [doubted(1, [{ kind: "proof", reason: "a machine proves more" }])], flaws: [] });
	t.deepEqual(ledger.flaws, [gap]);
});

test("where too many flaws were found to name all, those before count as told", (t) => {
	const ledger = new Ledger();
	ledger.doubt([back(2)]);
	ledger.take({ position: 3, events: [doubted(1, [back(1)], 30)], flaws: [] });
	t.deepEqual(ledger.flaws, []);
});

test("who gets a seat is rendered once, since the state that a turn came to is the one that goes on", (t) => {
	const story = new Story();
	story.join({ name: "a" });
	const declared = documentOf([{ name: "worker", role: "worker", count: 1 }]);
	let rendered = 0;
	const { summarize } = rememberTargets({
		partOf: () => "all",
		sharedOf: (fleet) => fleet,
		keyOf: ({ cluster }) => cluster?.digest ?? "",
		render: (fleet, machine, seat) => {
			rendered++;
			return renderForTests(fleet, machine as Machine, seat);
		},
	});
	const ledger = new Ledger();
	ledger.reset(story.fleet, 1);
	const turnWith = (inputs: readonly Input[]) =>
		takeTurn({
			fleet: ledger.fleet,
			inputs,
			observed: story.observed(),
			summarize,
			keep: () => true,
			decideAnyway: true,
		});
	const turn = turnWith([{ kind: "declare", ...declared, by: "alice" }]);
	const read = JSON.parse(JSON.stringify(turn.events)) as Event[];
	t.true(read.some(({ type }) => type === "target-issued"));
	ledger.take({ position: 2, events: read, flaws: [] }, turn.fleet);
	t.deepEqual(turnWith([]).events, []);
	t.is(rendered, 1);
});
