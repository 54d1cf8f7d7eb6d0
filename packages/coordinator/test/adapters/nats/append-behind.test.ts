import { jetstreamManager } from "@nats-io/jetstream";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { openLog } from "../../../src/adapters/nats/log.ts";
import { LOG_STREAM } from "../../../src/adapters/nats/stream.ts";
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
