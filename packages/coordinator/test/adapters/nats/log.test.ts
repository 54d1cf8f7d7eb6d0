import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { eventually } from "@rollcall/test-support/eventually";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test from "ava";
import { encodeEntry, MAX_ENTRY_BYTES } from "../../../src/adapters/nats/entry.ts";
import { openLog } from "../../../src/adapters/nats/log.ts";
import { LOG_STREAM, LOG_SUBJECT } from "../../../src/adapters/nats/stream.ts";
import { LogConflict, LogLost, LogUnavailable } from "../../../src/errors.ts";
import type { Entry, Log } from "../../../src/ports/log.ts";
import { eventOf, startEmbedded } from "../support/bus.ts";

async function readAll(log: Log, after = 0): Promise<Entry[]> {
	const entries: Entry[] = [];
	for await (const entry of log.read(after)) entries.push(entry);
	return entries;
}

/** Appends until it works, as the loop does: read after a doubt, then again. */
async function appendSurely(log: Log, seq: number, after: number): Promise<number> {
	return eventually(`event ${seq} to be stored`, async () => {
		try {
			return (await log.append([eventOf(seq)], after)).position;
		} catch (error) {
			if (!(error instanceof LogUnavailable) && !(error instanceof LogConflict)) throw error;
			return (await log.get(after + 1).catch(() => undefined))?.position;
		}
	});
}

test("what is appended is read back in order, from any position, and one by one", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	t.deepEqual(await readAll(log), []);
	t.is((await log.append([eventOf(1), eventOf(2)], 0)).position, 1);
	t.is((await log.append([eventOf(3)], 1)).position, 2);
	t.is((await log.append([eventOf(4)], 2)).position, 3);
	const entries = await readAll(log);
	t.deepEqual(
		entries.map(({ position, events }) => [position, events.map(({ seq }) => seq)]),
		[
			[1, [1, 2]],
			[2, [3]],
			[3, [4]],
		],
	);
	t.deepEqual(entries[0]?.events[1], eventOf(2));
	t.deepEqual(await readAll(log, 2), entries.slice(2));
	t.deepEqual(await readAll(log, 3), []);
	t.deepEqual(await log.get(2), entries[1]);
	t.is(await log.get(4), undefined);
});

test("of two writers with the same last position one succeeds and the other one hears of the conflict", async (t) => {
	const { connection } = await startEmbedded(t);
	const [one, other] = [await openLog(connection), await openLog(connection)];
	t.is(await one.origin(), await other.origin());
	let last = 0;
	for (let round = 0; round < 50; round++) {
		const outcomes = await Promise.allSettled([one, other].map((log) => log.append([eventOf(round + 1)], last)));
		const stored = outcomes.filter((outcome) => outcome.status === "fulfilled");
		const refused = outcomes.filter((outcome) => outcome.status === "rejected");
		t.is(stored.length, 1);
		t.true(refused[0]?.reason instanceof LogConflict);
		last++;
	}
	t.is((await readAll(one)).length, 50);
});

test("an entry that does not fit a message is refused before it is sent", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	const event = {
		...eventOf(1),
		type: "token-revoked" as const,
		tokenId: "t",
		by: randomBytes(MAX_ENTRY_BYTES).toString("base64"),
	};
	await t.throwsAsync(log.append([event], 0), { instanceOf: RangeError, message: /append it in parts/ });
	t.throws(() => encodeEntry([event], "first"), { instanceOf: RangeError });
	t.is((await log.append([eventOf(1)], 0)).position, 1);
});

test("following goes on over a restart of the server, each entry once and in order", async (t) => {
	const bus = await startEmbedded(t);
	const log = await openLog(bus.connection);
	const seen: number[] = [];
	const stopping = new AbortController();
	await log.append([eventOf(1)], 0);
	const following = log.follow(0, ({ position }) => seen.push(position), stopping.signal);
	await eventually("the first entry", () => seen.length === 1);
	let last = 1;
	for (let round = 0; round < 3; round++) {
		const before = bus.pid();
		process.kill(before, "SIGKILL");
		await eventually(
			"the server to be started again",
			() => bus.server?.pid !== undefined && bus.server.pid !== before,
		);
		for (let n = 0; n < 3; n++) last = await appendSurely(log, last + 1, last);
	}
	await eventually("all entries", () => seen.length >= last);
	stopping.abort();
	await following;
	t.deepEqual(
		seen,
		Array.from({ length: last }, (_, index) => index + 1),
	);
	t.is((await readAll(log)).length, last);
});

test("following ends at once when it is told to", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	const stopping = new AbortController();
	const following = log.follow(0, () => {}, stopping.signal);
	stopping.abort();
	await following;
	await log.follow(0, () => {}, AbortSignal.abort());
	t.pass();
});

test("what a follower throws ends the following", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	const broken = (): void => {
		throw new TypeError("cannot fold this");
	};
	await t.throwsAsync(log.follow(0, broken, new AbortController().signal), { instanceOf: TypeError });
});

test("a log whose store was deleted is lost for who follows it, and the new one has another origin", async (t) => {
	const bus = await startEmbedded(t);
	const log = await openLog(bus.connection);
	const origin = await log.origin();
	await log.append([eventOf(1)], 0);
	const following = log.follow(0, () => {}, new AbortController().signal);
	const lost = t.throwsAsync(following, { instanceOf: LogLost });
	const before = bus.pid();
	rmSync(join(bus.dataFolder, "nats", "jetstream"), { recursive: true });
	process.kill(before, "SIGKILL");
	await lost;
	await eventually("the log to be missed", () =>
		log.origin().then(
			() => false,
			(error) => error instanceof LogLost,
		),
	);
	const again = await openLog(bus.connection);
	t.not(await again.origin(), origin);
	t.deepEqual(await readAll(again), []);
	t.is((await again.append([eventOf(1)], 0)).position, 1);
});

test("a stream that is deleted under a follower ends the following", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	const seen: number[] = [];
	const following = log.follow(0, ({ position }) => seen.push(position), new AbortController().signal);
	await eventually("the first entry", () => seen.length === 1);
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	await jsm.streams.delete(LOG_STREAM);
	await t.throwsAsync(following, { instanceOf: LogLost });
});

test("no entry can be taken out of the middle of the log", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	await t.throwsAsync(jsm.streams.deleteMessage(LOG_STREAM, 1));
	t.is((await readAll(log)).length, 1);
});

test("what this program does not understand, and what no coordinator wrote, is named with its position, and the rest is read", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	const unreadable = JSON.stringify({ v: 3, events: [] });
	const unlinked = JSON.stringify({ v: 1, events: [eventOf(2)] });
	const misleading = JSON.stringify({ v: 2, prev: `sha256:${"0".repeat(64)}`, events: [eventOf(2)] });
	for (const text of ["no JSON", unreadable, unlinked, misleading])
		await connection.nc.request(LOG_SUBJECT, text, ON_THE_BUS);
	await log.append([eventOf(6)], 5);
	const read = await readAll(log);
	t.deepEqual(
		read.map(({ events, flaws }) => [events.length, flaws.map(({ kind }) => kind).join()]),
		[
			[1, ""],
			[0, "foreign"],
			[0, "unreadable"],
			[0, "foreign"],
			[0, "foreign"],
			[1, ""],
		],
	);
	for (const { flaws, position } of read)
		for (const flaw of flaws) t.regex(flaw.reason, new RegExp(`entry ${position} `));
	const stopping = new AbortController();
	const seen: Entry[] = [];
	const following = log.follow(0, (entry) => seen.push(entry), stopping.signal);
	await eventually("all entries", () => seen.length === 6);
	stopping.abort();
	await following;
	t.deepEqual(seen, read);
});

test("an event that is not understood is left out and named, and its neighbours are taken; a fraction from before is rounded", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	const lease = {
		type: "lease-changed",
		seq: 2,
		at: 1,
		machineId: "m",
		bootId: "11111111-2222-4333-8444-555555555555",
		lease: "lost",
		silentMs: 2877.456,
	};
	const entry = { v: 1, events: [eventOf(1), lease, { type: "unheard-of", seq: 3, at: 1 }, eventOf(4)] };
	await connection.nc.request(LOG_SUBJECT, JSON.stringify(entry), ON_THE_BUS);
	const [read] = await readAll(log);
	t.deepEqual(
		read?.events.map(({ seq }) => seq),
		[1, 2, 4],
	);
	t.like(read?.events[1], { silentMs: 2877 });
	t.deepEqual(
		read?.flaws.map(({ kind }) => kind),
		["unreadable"],
	);
	t.regex(read?.flaws[0]?.reason ?? "", /event 3 of entry 1 .*type/);
	// What follows entries of before is bound to them.
	await log.append([eventOf(5)], 1);
	t.deepEqual((await readAll(await openLog(connection)))[1]?.flaws, []);
});

test("entries that are missing are named, at the beginning, between others and at the end, and who appends goes on behind them", async (t) => {
	const { connection } = await startEmbedded(t);
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	await jsm.streams.add({ name: LOG_STREAM, subjects: [LOG_SUBJECT], allow_direct: true });
	const log = await openLog(connection);
	for (let n = 1; n <= 8; n++) await log.append([eventOf(n)], n - 1);
	for (const seq of [1, 4, 5, 8]) await jsm.streams.deleteMessage(LOG_STREAM, seq);
	const again = await openLog(connection);
	const read = await readAll(again);
	t.deepEqual(
		read.map(({ position, flaws }) => [position, flaws.map(({ reason }) => reason).join()]),
		[
			[2, "entry 1 is missing from the event log"],
			[3, ""],
			[6, "entries 4 to 5 are missing from the event log"],
			[7, ""],
			[8, "entry 8 is missing from the event log"],
		],
	);
	await again.append([eventOf(9)], 8);
	const last = await readAll(await openLog(connection), 8);
	t.deepEqual(
		last.map(({ position, flaws }) => [position, flaws.length]),
		[[9, 0]],
	);
});

test("a large entry is packed, and takes what would not fit otherwise", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	const event = { ...eventOf(1), by: "x" } as const;
	const many = Array.from({ length: 20_000 }, (_, index) => ({ ...event, seq: index + 1 }));
	t.true(JSON.stringify(many).length > MAX_ENTRY_BYTES);
	await log.append(many as never, 0);
	const [read] = await readAll(await openLog(connection));
	t.is(read?.events.length, 20_000);
});

test("without a connection an append says so at once", async (t) => {
	const bus = await startEmbedded(t);
	const log = await openLog(bus.connection);
	await bus.connection.close();
	await t.throwsAsync(log.append([eventOf(1)], 0), { instanceOf: LogUnavailable });
	await t.throwsAsync(log.origin(), { instanceOf: LogUnavailable });
	await t.throwsAsync(readAll(log), { instanceOf: LogUnavailable });
	await t.throwsAsync(
		log.follow(0, () => {}, new AbortController().signal),
		{ instanceOf: LogUnavailable },
	);
});
