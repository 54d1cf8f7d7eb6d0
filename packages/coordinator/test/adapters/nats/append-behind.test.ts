import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { eventually } from "@rollcall/test-support/eventually";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { digestHeader } from "../../../src/adapters/nats/digest-header.ts";
import { encodeEntry, linkOf } from "../../../src/adapters/nats/entry.ts";
import { openLog } from "../../../src/adapters/nats/log.ts";
import { LOG_STREAM, LOG_SUBJECT } from "../../../src/adapters/nats/stream.ts";
import { LogConflict } from "../../../src/errors.ts";
import type { Entry, Log } from "../../../src/ports/log.ts";
import { eventOf, startEmbedded } from "../support/bus.ts";

async function readAll(log: Log): Promise<Entry[]> {
	const entries: Entry[] = [];
	for await (const entry of log.read(0)) entries.push(entry);
	return entries;
}

/** A writer of two entries, and the log that another one began in the place of his, with as many. */
async function replaced(t: ExecutionContext) {
	const { connection } = await startEmbedded(t);
	const writer = await openLog(connection);
	await writer.append([eventOf(1)], 0);
	const mine = await writer.append([eventOf(2)], 1);
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	await jsm.streams.delete(LOG_STREAM);
	const other = await openLog(connection);
	for (const seq of [1, 2]) await other.append([eventOf(seq + 100)], seq - 1);
	return { connection, writer, mine, other };
}

test("an entry is not stored behind another one than its writer knows there", async (t) => {
	const { writer, mine, other } = await replaced(t);
	await other.append([eventOf(103)], 2);
	await t.throwsAsync(writer.append([eventOf(4)], 3, mine.link), { instanceOf: LogConflict });
	t.is((await readAll(other)).length, 3);
});

test("an entry is not stored behind another one than that by which its state was reached, also by who reads it just before, and names that of the state where it remembers another one", async (t) => {
	const { connection, writer, mine, other } = await replaced(t);
	const opened = await openLog(connection);
	await t.throwsAsync(opened.append([eventOf(3)], 2, mine.link), { instanceOf: LogConflict });
	const [, last] = await readAll(other);
	// It appended there itself, and knows since that another one stands there.
	t.is((await writer.append([eventOf(3)], 2, last?.link)).position, 3);
	const read = await readAll(await openLog(connection));
	t.deepEqual(
		read.map(({ flaws }) => flaws.length),
		[0, 0, 0],
	);
});

test("an entry that is damaged in its store counts for no other version's, whoever reads or follows it", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	const written = JSON.parse(new TextDecoder().decode(encodeEntry([eventOf(1)], "first")));
	const damaged = JSON.stringify({ ...written, by: "9.9.9 0123456789ab", events: [{ type: "machine-lost~" }] });
	const js = jetstream(connection.nc, ON_THE_BUS);
	await js.publish(LOG_SUBJECT, damaged, { headers: digestHeader(linkOf(new Uint8Array())) });
	const followed: Entry[] = [];
	const stopping = new AbortController();
	const following = log.follow(0, (entry) => followed.push(entry), stopping.signal);
	await eventually("the entry to come", () => followed.length > 0);
	stopping.abort();
	await following;
	for (const { beyond, flaws } of [...followed, ...(await readAll(log))])
		t.deepEqual([beyond, flaws.map(({ kind }) => kind)], [undefined, ["foreign"]]);
	const [end] = followed;
	if (!end) return t.fail();
	await (await openLog(connection)).append([eventOf(2)], end.position, end.link);
	const [, next] = await readAll(await openLog(connection));
	t.deepEqual(next?.flaws, [], "it names the one before as that was stored");
});
