import test from "ava";
import type { Fleet, Machine, Seat } from "../../src/domain/fleet.ts";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { rememberTargets } from "../../src/loop/remembered-targets.ts";
import { sliceOf } from "../../src/loop/slices.ts";

const machines = Array.from({ length: 5 }, (_, number) => ({ facts: {}, labels: {}, seat: { seat: number } }));

/** Asks for the summary of every machine, as a decision does, and says which it got. */
function ask(summarize: (fleet: Fleet, machine: Machine, seat: Seat) => unknown): boolean[] {
	return machines.map((machine) => {
		const whole = machine as unknown as Machine;
		return summarize(EMPTY_FLEET, whole, whole.seat as Seat) !== undefined;
	});
}

test("a turn renders so many targets, and the next turns the others", (t) => {
	let rendered = 0;
	const { summarize } = rememberTargets(
		() => {
			rendered++;
			return { ok: false, reason: "none" };
		},
		() => "",
	);
	const turns = [];
	for (let turn = 0; turn < 4; turn++) {
		const slice = sliceOf(summarize, 2);
		const got = ask(slice.summarize);
		t.deepEqual(ask(slice.summarize), got, "a second round of the same turn sees the same");
		turns.push({ known: got.filter(Boolean).length, cut: slice.isCut(), rendered });
	}
	t.deepEqual(turns, [
		{ known: 2, cut: true, rendered: 2 },
		{ known: 4, cut: true, rendered: 4 },
		{ known: 5, cut: false, rendered: 5 },
		{ known: 5, cut: false, rendered: 5 },
	]);
});

test("summaries that nobody remembers are all rendered", (t) => {
	const slice = sliceOf(() => ({ ok: false, reason: "none" }), 2);
	t.true(ask(slice.summarize).every(Boolean));
	t.false(slice.isCut());
});
