import test from "ava";
import type { Fleet, Machine, Seat } from "../../src/domain/fleet.ts";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { rememberTargets } from "../../src/loop/remembered-targets.ts";
import { slicesOf } from "../../src/loop/slices.ts";

const machines = Array.from({ length: 5 }, (_, number) => ({
	machineId: `m-${number}`,
	facts: {},
	labels: {},
	seat: { seat: number },
}));

/** Asks for the summary of every machine, as a decision does, and says which it got. */
function ask(summarize: (fleet: Fleet, machine: Machine, seat: Seat) => unknown): boolean[] {
	return machines.map((machine) => {
		const whole = machine as unknown as Machine;
		return summarize(EMPTY_FLEET, whole, whole.seat as Seat) !== undefined;
	});
}

test("a turn renders so many targets, and the next turns the others", (t) => {
	let rendered = 0;
	const { summarize } = rememberTargets({
		partOf: () => "all",
		sharedOf: () => "",
		keyOf: (shared) => shared,
		render: () => {
			rendered++;
			return { ok: false, reason: "none", kind: "unfit" };
		},
	});
	const turns = [];
	const nextSlice = slicesOf(summarize, 2);
	for (let turn = 0; turn < 4; turn++) {
		const slice = nextSlice();
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
	const slice = slicesOf(() => ({ ok: false, reason: "none", kind: "unfit" }), 2)();
	t.true(ask(slice.summarize).every(Boolean));
	t.false(slice.isCut());
});

test("who was put off comes before machines that came since, wherever they stand in the fleet", (t) => {
	const rendered: string[] = [];
	const known = new Set<Seat>();
	const summarize = Object.assign(
		(_fleet: Fleet, machine: Machine, seat: Seat) => {
			if (!known.has(seat)) rendered.push(machine.machineId);
			known.add(seat);
			return { ok: false as const, reason: "none", kind: "unfit" as const };
		},
		{ isKnown: (_fleet: Fleet, _machine: Machine, seat: Seat) => known.has(seat) },
	);
	const nextSlice = slicesOf(summarize, 2);
	const seats: Record<string, object> = {};
	const late = ["late-1", "late-2", "late-3"];
	for (let turn = 0; turn < 5; turn++) {
		const { summarize: some } = nextSlice();
		// Two more arrive in each turn, and stand in front of whoever is there.
		const arrived = Array.from({ length: 2 * (turn + 1) }, (_, number) => `early-${9 - number}`).reverse();
		for (const machineId of [...arrived, ...late]) {
			seats[machineId] ??= { machineId, seat: {} };
			const machine = seats[machineId] as unknown as Machine;
			some(EMPTY_FLEET, machine, machine.seat as Seat);
		}
	}
	t.deepEqual(rendered.slice(0, 6), ["early-8", "early-9", "late-1", "late-2", "early-6", "late-3"]);
	t.is(new Set(rendered).size, rendered.length, "each is rendered once");
	t.is(rendered.length, 10, "no turn renders less than it may");
});
