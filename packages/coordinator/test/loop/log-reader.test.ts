import type { Event } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { Chain } from "../../src/adapters/nats/chain.ts";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { LogBeyond, LogWentBack } from "../../src/errors.ts";
import type { Snapshot } from "../../src/ports/fleet-snapshots.ts";
import { AT, anotherWay, entries, reading, readsAnew, revoked } from "./reading.ts";
import { put, type Stored, storedLog } from "./stored-log.ts";

for (const [what, to] of [
	["to where it was read", 6],
	["beyond that", 9],
] as const) {
	test(`a log that went back under a coordinator and on in another way, ${what}, is not gone on with: it is read anew, and told`, async (t) => {
		const stored = entries(6);
		const { reader, ledger } = reading(stored);
		const log = await reader.open();
		await reader.catchUp(log);
		anotherWay(stored, 4, to);
		await readsAnew(t, { reader, ledger }, log);
		t.is(ledger.position, to);
		t.true(reader.numbersTo >= 106);
	});

	test(`a snapshot of the state does not stand for a log that went back and on in another way, ${what}`, async (t) => {
		const stored = entries(6);
		const before = reading(stored);
		await before.reader.catchUp(await before.reader.open());
		anotherWay(stored, 4, to);
		const { reader, ledger } = reading(stored, before.snapshot());
		await reader.catchUp(await reader.open());
		t.deepEqual(
			ledger.flaws.map(({ kind }) => kind),
			["back"],
		);
		t.is(ledger.recentEvents().length, to);
	});
}

test("an entry that comes behind another one than was read is not taken for damage: the log went back and on meanwhile, and is read anew", async (t) => {
	const stored = entries(6);
	const { reader, ledger } = reading(stored);
	const log = await reader.open();
	await reader.catchUp(log);
	const mine = new Chain(6, "unknown");
	mine.wrote(6, stored.get(6) ?? new Uint8Array());
	anotherWay(stored, 4, 7);
	const came = mine.take(7, stored.get(7) ?? new Uint8Array());
	t.deepEqual(
		came.flaws.map(({ kind }) => kind),
		["foreign"],
	);
	t.throws(() => reader.hear(came), { instanceOf: LogWentBack });
	t.is(ledger.position, 6);
	await readsAnew(t, { reader, ledger }, log);
});

test("what is foreign to the log as it stands is taken for damage when it is read anew", async (t) => {
	const stored = entries(6);
	const { reader, ledger } = reading(stored);
	const log = await reader.open();
	await reader.catchUp(log);
	stored.set(7, Buffer.from("not from here"));
	const came = new Chain(6, "unknown").take(7, Buffer.from("not from here"));
	t.throws(() => reader.hear(came), { instanceOf: LogWentBack });
	await reader.restart(log);
	await reader.catchUp(log);
	t.is(ledger.position, 7);
	t.deepEqual(
		ledger.flaws.map(({ kind }) => kind),
		["foreign"],
	);
});

test("entries that are missing where no state stands for them are told, and what was read before is kept", async (t) => {
	const stored = entries(8);
	const { reader, ledger, log } = reading(stored);
	await reader.catchUp(await reader.open());
	put(stored, [revoked(9)]);
	put(stored, [revoked(10)]);
	stored.delete(9);
	await reader.catchUp(log);
	t.deepEqual([ledger.position, ledger.flaws.map(({ kind }) => kind)], [10, ["gap"]]);
	t.is(ledger.recentEvents().length, 9);
});

test("a log that goes on is gone on with, also from a snapshot", async (t) => {
	const stored = entries(6);
	const before = reading(stored);
	await before.reader.catchUp(await before.reader.open());
	put(stored, [revoked(7)]);
	await before.reader.catchUp(before.log);
	const { reader, ledger } = reading(stored, before.snapshot());
	put(stored, [revoked(8)]);
	await reader.catchUp(await reader.open());
	t.deepEqual([ledger.position, ledger.fleet.seq, ledger.flaws], [8, 8, []]);
});

/** Entry 3 of eight is missing and told of by entry 7. */
async function told(): Promise<{ stored: Stored; snapshot: Snapshot }> {
	const stored = entries(6);
	stored.delete(3);
	const first = reading(stored);
	await first.reader.catchUp(await first.reader.open());
	const flaws = first.ledger.flaws.map(({ kind, position, reason }) => ({ kind, position, reason }));
	put(stored, [
		{ type: "log-doubted", flaws, total: flaws.length, checkedTo: 6, recoverUntil: AT, seq: 7, at: AT } as Event,
	]);
	put(stored, [revoked(8)]);
	await first.reader.catchUp(first.log);
	return { stored, snapshot: first.snapshot() };
}

/** What somebody who begins from a snapshot finds in the entries that it stands for. */
async function found(stored: Stored, snapshot: Snapshot): Promise<string[]> {
	const { reader, ledger, log } = reading(stored, snapshot);
	await reader.catchUp(await reader.open());
	let done = false;
	const read = log.read;
	log.read = async function* (after, how) {
		yield* read.call(log, after, how);
		done = true;
	};
	reader.scrub(log, new AbortController().signal);
	await eventually("the older entries to be read", () => done);
	await new Promise((resolve) => setImmediate(resolve));
	return ledger.flaws.map(({ position }) => `${position}`);
}

test("whoever begins from a snapshot is told of entries that were damaged after an earlier doubt was told, before its place too, and of no other", async (t) => {
	const { stored, snapshot } = await told();
	t.deepEqual(await found(stored, snapshot), []);
	stored.delete(5);
	t.deepEqual(await found(stored, snapshot), ["5"]);
});

/** Four entries, the third of which only another version understands. */
function withLater(): Stored {
	const stored = entries(3);
	const text = JSON.parse(new TextDecoder().decode(stored.get(3)));
	const by = "9.9.9 0123456789ab";
	stored.set(3, new TextEncoder().encode(JSON.stringify({ ...text, by, events: [{ type: "of-later" }] })));
	put(stored, [revoked(4)]);
	return stored;
}

test("an entry that only another version understands is no damage where a state stands for it", async (t) => {
	const stored = withLater();
	const last = await storedLog(stored).get(4);
	const state = { origin: "log", position: 4, link: last?.link, fleet: { ...EMPTY_FLEET, seq: 4 } };
	t.deepEqual(await found(stored, state), []);
	stored.delete(2);
	t.deepEqual(await found(stored, state), ["2"]);
});

test("of an entry that only another version understands nothing is taken, and nothing behind it", async (t) => {
	const stored = withLater();
	const { reader, ledger } = reading(stored);
	const log = await reader.open();
	await t.throwsAsync(reader.catchUp(log), { instanceOf: LogBeyond, message: /entry 3 .*rollcall 9\.9\.9/ });
	await t.throwsAsync(reader.catchUp(log), { instanceOf: LogBeyond });
	t.deepEqual([ledger.position, ledger.fleet.seq, ledger.flaws], [2, 2, []]);
});

test("what only another version understands is passed where a state in the log's store stands for it, also by who waits for that version already", async (t) => {
	const stored = withLater();
	const fleet = { ...EMPTY_FLEET, seq: 4 };
	const states: Snapshot[] = [];
	const { reader, ledger } = reading(stored, undefined, states);
	const log = await reader.open();
	await t.throwsAsync(reader.catchUp(log), { instanceOf: LogBeyond });
	const last = await log.get(4);
	states.push({ origin: "log", position: 4, link: last?.link, fleet });
	stored.delete(1);
	await reader.catchUp(storedLog(stored, 2));
	t.deepEqual([ledger.position, ledger.fleet.seq, ledger.flaws], [4, 4, []]);
});

test("an entry that goes missing while its log is in use is found when it is looked for, and is told once", async (t) => {
	const stored = entries(6);
	const { reader, ledger, log } = reading(stored);
	await reader.catchUp(await reader.open());
	stored.delete(3);
	reader.lookForMissing(log, new AbortController().signal);
	await eventually("the hole to be found", () => ledger.flaws.length > 0);
	t.deepEqual(
		ledger.flaws.map(({ kind, position }) => [kind, position]),
		[["gap", 3]],
	);
	t.is(ledger.position, 6);
});

test("a log that goes back while it is read anew is found out by what was read before, which stays written down until it is read as far again", async (t) => {
	const stored = entries(8);
	const before = reading(stored);
	await before.reader.catchUp(await before.reader.open());
	const mark = before.marks.at(-1);
	t.is(mark?.position, 8);
	const { reader, ledger, marks } = reading(stored, undefined, [], 1, mark);
	const log = await reader.open();
	for (const position of [7, 8]) stored.delete(position);
	await readsAnew(t, { reader, ledger }, log);
	t.deepEqual([ledger.position, marks.length], [6, 1]);
	t.true(reader.numbersTo > 8);
});
