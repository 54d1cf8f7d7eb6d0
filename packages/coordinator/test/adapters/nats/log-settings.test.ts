import { jetstreamManager, RetentionPolicy, StorageType, type StreamConfig } from "@nats-io/jetstream";
import { ON_THE_BUS, stretched } from "@rollcall/test-support/stretch";
import test from "ava";
import { openLog } from "../../../src/adapters/nats/log.ts";
import { LOG_STREAM, LOG_SUBJECT } from "../../../src/adapters/nats/stream.ts";
import { LogBeyond } from "../../../src/errors.ts";
import { eventOf, startEmbedded } from "../support/bus.ts";

/** Settings by which a log forgets, or cannot be written to, as somebody with a client of NATS makes them. */
const CHANGED: Readonly<Record<string, Partial<StreamConfig>>> = {
	"an age at which entries go": { max_age: 3_600_000_000_000 },
	"a number of entries of a subject": { max_msgs_per_subject: 22 },
	"another subject": { subjects: ["elsewhere"] },
	"entries of a few bytes alone": { max_msg_size: 100 },
	"a life of entries until nobody reads them": { retention: RetentionPolicy.Interest },
	"no word of what it stored": { no_ack: true },
	"another subject on which all of it is said again": { republish: { src: ">", dest: "again.>" } },
	"other subjects for what it stores": { subject_transform: { src: ">", dest: "moved.>" } },
	"a number of entries of a subject, above which it refuses": {
		max_msgs_per_subject: 22,
		discard_new_per_subject: true,
	},
	"entries of another stream": { sources: [{ name: "OTHER" }] },
};

for (const [what, changed] of Object.entries(CHANGED))
	test(`a log that somebody gave ${what} is put right by who looks at it, and by who opens it`, async (t) => {
		const { connection } = await startEmbedded(t);
		const log = await openLog(connection);
		for (let n = 1; n <= 20; n++) await log.append([eventOf(n)], n - 1);
		const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
		await jsm.streams.add({ name: "OTHER", subjects: ["other"] });
		const made = (await jsm.streams.info(LOG_STREAM)).config;
		const change = async (): Promise<void> => {
			const { config } = await jsm.streams.info(LOG_STREAM);
			await jsm.streams.update(LOG_STREAM, { ...config, ...changed });
		};
		const right = async (): Promise<void> => {
			t.deepEqual((await jsm.streams.info(LOG_STREAM)).config, made);
		};
		await change();
		await log.state();
		await right();
		await log.append([eventOf(21)], 20);
		await change();
		const again = await openLog(connection);
		await right();
		await again.append([eventOf(22)], 21);
		const { last, entries } = await again.state();
		t.is(last, 22);
		// Those that nobody reads go with the setting itself.
		if (changed.retention === undefined) t.is(entries, 22);
	});

test("of a log that somebody sealed for ever it is said what a person does", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	const { config } = await jsm.streams.info(LOG_STREAM);
	const sealed: object = { sealed: true };
	await jsm.streams.update(LOG_STREAM, { ...config, ...sealed });
	await t.throwsAsync(log.append([eventOf(2)], 1), { instanceOf: LogBeyond, message: /begin another log/ });
});

/** Streams that are no place for the log, as somebody made them in place of the coordinator's. */
const UNFIT: Readonly<Record<string, Partial<StreamConfig>>> = {
	"keeps its entries in memory": { storage: StorageType.Memory, subjects: [LOG_SUBJECT] },
	"is a mirror of another stream": { mirror: { name: "OTHER" } },
};

for (const [what, config] of Object.entries(UNFIT))
	test(`a log whose stream ${what} is not opened nor gone on with, and it is said what a person does`, async (t) => {
		const { connection } = await startEmbedded(t);
		const log = await openLog(connection);
		await log.append([eventOf(1)], 0);
		const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
		await jsm.streams.add({ name: "OTHER", subjects: ["other"] });
		await jsm.streams.delete(LOG_STREAM);
		await jsm.streams.add({ name: LOG_STREAM, ...config });
		const told = { instanceOf: LogBeyond, message: new RegExp(`${what}.*delete the stream ${LOG_STREAM}`) };
		await t.throwsAsync(openLog(connection), told);
		await t.throwsAsync(log.state(), told);
		await t.throwsAsync(
			log.follow(1, () => {}, AbortSignal.timeout(stretched(10_000))),
			told,
		);
	});

test("where another stream takes what is for the log it is said what a person does, and when that is done the log is gone on with", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	const { config } = await jsm.streams.info(LOG_STREAM);
	await jsm.streams.update(LOG_STREAM, { ...config, subjects: ["elsewhere"] });
	await jsm.streams.add({ name: "OTHER", subjects: [LOG_SUBJECT] });
	const told = { instanceOf: LogBeyond, message: /another stream takes.*rollcall\.v1\.log.*take that stream away/ };
	await t.throwsAsync(openLog(connection), told);
	await t.throwsAsync(log.state(), told);
	await jsm.streams.delete("OTHER");
	await log.append([eventOf(2)], (await log.state()).last);
	t.is((await log.state()).last, 2);
	await jsm.streams.delete(LOG_STREAM);
	await jsm.streams.add({ name: "OTHER", subjects: [LOG_SUBJECT] });
	await t.throwsAsync(openLog(connection), told);
});

test("a log of whose stream somebody changes what the coordinator noted there is the same log still, and gets that back", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	const origin = await log.origin();
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	for (const metadata of [{ team: "x" }, {}]) {
		const { config } = await jsm.streams.info(LOG_STREAM);
		await connection.nc.request(
			`$JS.API.STREAM.UPDATE.${LOG_STREAM}`,
			JSON.stringify({ ...config, metadata }),
			ON_THE_BUS,
		);
		t.is(await log.origin(), origin);
		t.is(await (await openLog(connection)).origin(), origin);
	}
	await jsm.streams.delete(LOG_STREAM);
	t.not(await (await openLog(connection)).origin(), origin);
});
