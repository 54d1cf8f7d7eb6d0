import { rmSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import test from "ava";
import { encodeEntry, MAX_ENTRY_BYTES } from "../../../src/adapters/nats/entry.ts";
import { openLog } from "../../../src/adapters/nats/log.ts";
import { LOG_STREAM, LOG_SUBJECT } from "../../../src/adapters/nats/stream.ts";
import { type Entry, type Log, LogConflict, LogLost, LogUnavailable } from "../../../src/ports.ts";
import { eventOf, startEmbedded, until } from "../support/bus.ts";

async function readAll(log: Log, after = 0): Promise<Entry[]> {
	const entries: Entry[] = [];
	for await (const entry of log.read(after)) entries.push(entry);
	return entries;
}

/** Appends until it works, as the loop does: read after a doubt, then again. */
async function appendSurely(log: Log, seq: number, after: number): Promise<number> {
	return until(`event ${seq} to be stored`, async () => {
		try {
			return await log.append([eventOf(seq)], after);
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
	t.is(await log.append([eventOf(1), eventOf(2)], 0), 1);
	t.is(await log.append([eventOf(3)], 1), 2);
	t.is(await log.append([eventOf(4)], 2), 3);
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
	const event = { ...eventOf(1), type: "token-revoked" as const, tokenId: "t", by: "x".repeat(MAX_ENTRY_BYTES) };
	await t.throwsAsync(log.append([event], 0), { instanceOf: RangeError, message: /append it in parts/ });
	t.throws(() => encodeEntry([event]), { instanceOf: RangeError });
	t.is(await log.append([eventOf(1)], 0), 1);
});

test("following goes on over a restart of the server, each entry once and in order", async (t) => {
	const bus = await startEmbedded(t);
	const log = await openLog(bus.connection);
	const seen: number[] = [];
	const stopping = new AbortController();
	await log.append([eventOf(1)], 0);
	const following = log.follow(0, ({ position }) => seen.push(position), stopping.signal);
	await until("the first entry", () => seen.length === 1);
	let last = 1;
	for (let round = 0; round < 3; round++) {
		const before = bus.pid();
		process.kill(before, "SIGKILL");
		await until("the server to be started again", () => bus.server?.pid !== undefined && bus.server.pid !== before);
		for (let n = 0; n < 3; n++) last = await appendSurely(log, last + 1, last);
	}
	await until("all entries", () => seen.length >= last);
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
	await t.throwsAsync(
		until("the log to be missed", () =>
			log.origin().catch((error) => (error instanceof LogLost ? Promise.reject(error) : undefined)),
		),
		{ instanceOf: LogLost },
	);
	const again = await openLog(bus.connection);
	t.not(await again.origin(), origin);
	t.deepEqual(await readAll(again), []);
	t.is(await again.append([eventOf(1)], 0), 1);
});

test("a stream that is deleted under a follower ends the following", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	const seen: number[] = [];
	const following = log.follow(0, ({ position }) => seen.push(position), new AbortController().signal);
	await until("the first entry", () => seen.length === 1);
	const jsm = await jetstreamManager(connection.nc);
	await jsm.streams.delete(LOG_STREAM);
	await t.throwsAsync(following, { instanceOf: LogLost });
});

test("nothing can be taken out of the log again", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	const jsm = await jetstreamManager(connection.nc);
	await t.throwsAsync(jsm.streams.purge(LOG_STREAM));
	await t.throwsAsync(jsm.streams.deleteMessage(LOG_STREAM, 1));
	t.is((await readAll(log)).length, 1);
});

test("an entry that this program does not understand is an error that names its position", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	const bad = [
		"no JSON",
		JSON.stringify({ v: 2, events: [] }),
		JSON.stringify({ v: 1, events: [{ type: "unheard-of" }] }),
	];
	for (const [index, text] of bad.entries()) {
		await connection.nc.request(LOG_SUBJECT, text);
		await t.throwsAsync(log.get(index + 2), { message: new RegExp(`entry ${index + 2} of the event log`) });
	}
	await t.throwsAsync(readAll(log), { message: /entry 2 of the event log/ });
	await t.throwsAsync(
		log.follow(0, () => {}, new AbortController().signal),
		{ message: /entry 2 of the event log/ },
	);
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
