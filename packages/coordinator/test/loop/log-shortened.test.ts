import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { Chain } from "../../src/adapters/nats/chain.ts";
import { LogGap } from "../../src/errors.ts";
import type { Snapshot } from "../../src/ports/fleet-snapshots.ts";
import type { Log } from "../../src/ports/log.ts";
import { anotherWay, entries, reading, readsAnew } from "./reading.ts";
import { type Stored, storedLog } from "./stored-log.ts";

/** Eight entries, the first four of which were taken out behind states at entries 5 and 7. */
async function shortened(): Promise<{ stored: Stored; states: readonly Snapshot[]; first: number }> {
	const stored = entries(8);
	const stateAt = async (to: number): Promise<Snapshot> => {
		const { reader, snapshot } = reading(new Map([...stored].filter(([position]) => position <= to)));
		await reader.catchUp(await reader.open());
		return snapshot();
	};
	const states = [await stateAt(5), await stateAt(7)];
	for (let position = 1; position <= 4; position++) stored.delete(position);
	return { stored, states, first: 5 };
}

for (const [to, from] of [
	[7, 7],
	[6, 5],
] as const) {
	test(`a shortened log that lost what is behind entry ${to} is gone on with from the state at entry ${from} that is kept in its store`, async (t) => {
		const { stored, states, first } = await shortened();
		const { reader, ledger } = reading(stored, undefined, states, first);
		const log = await reader.open();
		await reader.catchUp(log);
		for (let position = to + 1; position <= 8; position++) stored.delete(position);
		await readsAnew(t, { reader, ledger }, log);
		t.deepEqual([ledger.position, ledger.fleet.seq, ledger.recentEvents().length], [to, to, to - from]);
		t.true(reader.numbersTo > 8);
	});
}

test("a shortened log that went back and on in another way is gone on with from the later state that is of both ways, and that is told", async (t) => {
	const { stored, states, first } = await shortened();
	anotherWay(stored, 6, 9);
	const { reader, ledger } = reading(stored, undefined, states, first);
	await reader.catchUp(await reader.open());
	t.deepEqual(
		ledger.flaws.map(({ kind }) => kind),
		["back"],
	);
	t.deepEqual([ledger.position, ledger.recentEvents().length], [9, 4]);
});

for (const how of ["and is read again", "and is followed"] as const) {
	test(`a log that was shortened beyond what a coordinator had read, ${how}, is gone on with from the state that stands for what was taken out`, async (t) => {
		const { stored, states, first } = await shortened();
		const { reader, ledger } = reading(entries(2), undefined, states);
		await reader.catchUp(await reader.open());
		t.is(ledger.position, 2);
		if (how === "and is followed") {
			const came = new Chain(2, "unknown").take(5, stored.get(5) ?? new Uint8Array());
			t.throws(() => reader.hear(came), { instanceOf: LogGap });
		}
		await reader.catchUp(storedLog(stored, first));
		t.deepEqual([ledger.position, ledger.fleet.seq, ledger.flaws], [8, 8, []]);
	});
}

test("a log that is shortened while it is read, beyond what a coordinator had read, is gone on with from that state as well", async (t) => {
	const { stored, states, first } = await shortened();
	const { reader, ledger } = reading(entries(2), undefined, states);
	await reader.catchUp(await reader.open());
	await reader.catchUp(shortenedNow(stored, first));
	t.deepEqual([ledger.position, ledger.fleet.seq, ledger.flaws], [8, 8, []]);
});

test("what is taken out while a log is read again is none of what is missing", async (t) => {
	const { reader, ledger } = reading(entries(8));
	await reader.catchUp(await reader.open());
	const { stored, first } = await shortened();
	stored.delete(7);
	reader.lookForMissing(shortenedNow(stored, first), new AbortController().signal);
	await eventually("the hole to be found", () => ledger.flaws.length > 0);
	t.deepEqual(
		ledger.flaws.map(({ kind, position }) => [kind, position]),
		[["gap", 7]],
	);
});

/** A log that is shortened right after it was asked for its state for the first time. */
function shortenedNow(stored: Stored, first: number): Log {
	const [before, log] = [storedLog(stored), storedLog(stored, first)];
	let asked = 0;
	return { ...log, state: () => (asked++ === 0 ? before : log).state() };
}

test("without a digest nothing stands for a log that went back", async (t) => {
	const { stored, states, first } = await shortened();
	const { reader, ledger } = reading(
		stored,
		undefined,
		states.map(({ link: _link, ...state }) => state),
		first,
	);
	const log = await reader.open();
	await reader.catchUp(log);
	stored.delete(8);
	await reader.restart(log);
	await reader.catchUp(log);
	t.deepEqual(
		ledger.flaws.map(({ kind }) => kind),
		["back", "gap"],
	);
});

test("a log whose beginning is gone, with no state in its store that stands for it, is told of where a coordinator's own state stands for it", async (t) => {
	const { stored, states } = await shortened();
	const whole = reading(entries(8));
	await whole.reader.catchUp(await whole.reader.open());
	stored.delete(5);
	stored.delete(6);
	const flawsWith = async (kept: readonly Snapshot[]): Promise<readonly unknown[]> => {
		const { reader, ledger, log } = reading(stored, whole.snapshot(), kept, 7);
		await reader.catchUp(await reader.open());
		await new Promise<void>((end) => {
			async function* read(...about: Parameters<Log["read"]>): ReturnType<Log["read"]> {
				yield* log.read(...about);
				setImmediate(end);
			}
			reader.scrub({ ...log, read }, new AbortController().signal);
		});
		return ledger.flaws.map(({ kind, position, reason }) => [kind, position, reason]);
	};
	t.deepEqual(await flawsWith(states), []);
	const gone = [["gap", 6, "entries 1 to 6 are missing from the event log"]];
	t.deepEqual(await flawsWith([]), gone);
	t.deepEqual(await flawsWith(states.slice(0, 1)), gone);
});
