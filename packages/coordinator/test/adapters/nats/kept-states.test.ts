import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { sha256Of } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test from "ava";
import type { BusConnection } from "../../../src/adapters/nats/connect.ts";
import { createKeptStates, STATE_STREAM } from "../../../src/adapters/nats/kept-states.ts";
import { openLog } from "../../../src/adapters/nats/log.ts";
import { LOG_STREAM } from "../../../src/adapters/nats/stream.ts";
import { migrateFleet } from "../../../src/domain/fleet-form.ts";
import { fleetFromJson, fleetToJson, stateDigest } from "../../../src/domain/snapshot.ts";
import { LogBeyond, LogLost } from "../../../src/errors.ts";
import type { Entry } from "../../../src/ports/log.ts";
import { Story } from "../../domain/story.ts";
import { eventOf, startEmbedded } from "../support/bus.ts";

const OPTIONS = {
	replicas: 1,
	toJson: fleetToJson,
	fromJson: (json: unknown) => fleetFromJson(migrateFleet(json)),
	same: (a: Story["fleet"], b: Story["fleet"]) => stateDigest(a) === stateDigest(b),
};

function fleetOf(count: number): Story["fleet"] {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	for (let n = 0; n < count; n++) story.join({ name: `m${n}` });
	return story.fleet;
}

test("a state is kept in the log's store and read back with every value; of several the newest counts, and one of another log does not", async (t) => {
	const { connection } = await startEmbedded(t);
	const states = createKeptStates(connection, OPTIONS);
	t.is(await states.load("o"), undefined);
	const [small, large] = [fleetOf(1), fleetOf(30)];
	await states.keep({ origin: "o", position: 3, fleet: small });
	const link = sha256Of("entry 9");
	await states.keep({ origin: "o", position: 9, link, fleet: large });
	const read = await states.load("o");
	t.deepEqual([read?.position, read?.link], [9, link]);
	const earlier = await states.load("o", 8);
	t.deepEqual([earlier?.position, earlier?.link], [3, undefined]);
	t.is(await states.load("o", 2), undefined);
	t.is(read && stateDigest(read.fleet), stateDigest(large));
	t.is(await states.load("other"), undefined);
	for (let n = 10; n < 14; n++) await states.keep({ origin: "o", position: n, fleet: small });
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	t.true((await jsm.streams.info(STATE_STREAM)).state.messages <= 4, "the newest two are kept");
});

test("a state whose piece is missing does not count, nor one that was cut short; the one before does", async (t) => {
	const { connection } = await startEmbedded(t);
	const states = createKeptStates(connection, OPTIONS);
	await states.keep({ origin: "o", position: 3, fleet: fleetOf(1) });
	await connection.nc.request("rollcall.v1.state.piece", "a piece without its head", ON_THE_BUS);
	await connection.nc.request("rollcall.v1.state.head", "a head that nobody can read", ON_THE_BUS);
	t.is((await states.load("o"))?.position, 3);
	await states.keep({ origin: "o", position: 5, fleet: fleetOf(2) });
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	const { last_seq: last } = (await jsm.streams.info(STATE_STREAM)).state;
	await jsm.streams.deleteMessage(STATE_STREAM, last - 1);
	t.is((await states.load("o"))?.position, 3);
});

test("older entries are taken out and the rest is read without a flaw; the stream refuses what does not fit as before", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection, { maxBytes: 1024 * 1024 });
	for (let n = 1; n <= 20; n++) await log.append([eventOf(n)], n - 1);
	await log.trim(15);
	const { first, last, entries } = await log.state();
	t.deepEqual([first, last, entries], [15, 20, 6]);
	const again = await openLog(connection, { maxBytes: 1024 * 1024 });
	const read: Entry[] = [];
	for await (const entry of again.read(14)) read.push(entry);
	t.deepEqual(
		read.map(({ position, flaws }) => [position, flaws.length]),
		[15, 16, 17, 18, 19, 20].map((position) => [position, 0]),
	);
	await again.append([eventOf(21)], 20);
	const { config } = await (await jetstreamManager(connection.nc, ON_THE_BUS)).streams.info(LOG_STREAM);
	t.deepEqual([config.discard, config.max_msgs, config.deny_delete], ["new", -1, true]);
	const older: Entry[] = [];
	for await (const entry of again.read(0)) older.push(entry);
	t.deepEqual(
		older[0]?.flaws.map(({ reason }) => reason),
		["entries 1 to 14 are missing from the event log"],
	);
});

test("a coordinator that stood still leaves the later state of the one that leads now in its place", async (t) => {
	const { connection } = await startEmbedded(t);
	const states = createKeptStates(connection, OPTIONS);
	await states.keep({ origin: "o", position: 9, fleet: fleetOf(2) });
	await t.throwsAsync(states.keep({ origin: "o", position: 5, fleet: fleetOf(1) }), { message: /entry 9 .*entry 5/ });
	t.is((await states.load("o"))?.position, 9);
	const paused = held(connection, /^rollcall\.v1\.state\.head$/);
	const keeping = createKeptStates(paused.connection, OPTIONS).keep({ origin: "o", position: 12, fleet: fleetOf(3) });
	const refused = t.throwsAsync(keeping, { message: /another coordinator/ });
	await eventually("its pieces are there", () => paused.asked() > 0);
	await states.keep({ origin: "o", position: 15, fleet: fleetOf(4) });
	paused.goOn();
	await refused;
	t.is((await states.load("o"))?.position, 15);
});

/** A connection whose questions of one kind wait until they are let go on, as in a coordinator that stands still for a while. */
function held(
	connection: BusConnection,
	what = /STREAM\.(UPDATE|PURGE)\./,
): {
	readonly connection: BusConnection;
	readonly asked: () => number;
	goOn(): void;
} {
	let goOn = (): void => {};
	let asked = 0;
	const gate = new Promise<void>((resolve) => {
		goOn = resolve;
	});
	const nc = new Proxy(connection.nc, {
		get(target, key) {
			const value: unknown = Reflect.get(target, key);
			if (typeof value !== "function") return value;
			if (key !== "request") return value.bind(target);
			return async (subject: string, ...rest: unknown[]) => {
				if (what.test(subject)) {
					asked += 1;
					await gate;
				}
				return value.call(target, subject, ...rest);
			};
		},
	});
	return { connection: { ...connection, nc }, asked: () => asked, goOn };
}

test("a coordinator that stood still while it made room takes out only what it meant to, although others appended meanwhile", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection, { maxBytes: 1024 * 1024 });
	for (let n = 1; n <= 20; n++) await log.append([eventOf(n)], n - 1);
	const paused = held(connection);
	const trimming = (await openLog(paused.connection)).trim(15);
	await eventually("it is about to take entries out", () => paused.asked() > 0);
	for (let n = 21; n <= 40; n++) await log.append([eventOf(n)], n - 1);
	paused.goOn();
	await trimming;
	const { first, last, entries } = await log.state();
	t.deepEqual([first, last, entries], [15, 40, 26]);
});

test("a coordinator whose log was deleted meanwhile takes nothing out of the one that began in its place", async (t) => {
	const { connection } = await startEmbedded(t);
	const before = await openLog(connection);
	for (let n = 1; n <= 20; n++) await before.append([eventOf(n)], n - 1);
	await (await jetstreamManager(connection.nc, ON_THE_BUS)).streams.delete(LOG_STREAM);
	const log = await openLog(connection);
	await log.append([eventOf(1)], 0);
	await t.throwsAsync(before.trim(15), { instanceOf: LogLost });
	const { first, last, entries } = await log.state();
	t.deepEqual([first, last, entries], [1, 1, 1]);
});

/** A log as it was made before entries were taken out by their position. */
async function olderLog(connection: BusConnection): Promise<JetStreamManager> {
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	const { config } = await jsm.streams.info(LOG_STREAM);
	await jsm.streams.delete(LOG_STREAM);
	await jsm.streams.add({ ...config, deny_purge: true });
	return jsm;
}

test("a log of an earlier version, which lets nothing be taken out by position, is made shorter by a bound that goes at once", async (t) => {
	const { connection } = await startEmbedded(t);
	await openLog(connection, { maxBytes: 1024 * 1024 });
	const jsm = await olderLog(connection);
	const log = await openLog(connection, { maxBytes: 1024 * 1024 });
	for (let n = 1; n <= 20; n++) await log.append([eventOf(n)], n - 1);
	await log.trim(15);
	const { first, last, entries } = await log.state();
	t.deepEqual([first, last, entries], [15, 20, 6]);
	const { config } = await jsm.streams.info(LOG_STREAM);
	t.deepEqual([config.discard, config.max_msgs, config.deny_purge], ["new", -1, true]);
});

test("a bound that a coordinator left when it died goes when the next one opens the log, or when one that has it open looks at it", async (t) => {
	const { connection } = await startEmbedded(t);
	const standby = await openLog(connection, { maxBytes: 1024 * 1024 });
	for (let n = 1; n <= 20; n++) await standby.append([eventOf(n)], n - 1);
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	const leave = async (): Promise<void> => {
		const { config } = await jsm.streams.info(LOG_STREAM);
		await jsm.streams.update(LOG_STREAM, { ...config, discard: "old" as never, max_msgs: 20 });
	};
	await leave();
	await standby.state();
	await standby.append([eventOf(21)], 20);
	t.is((await standby.state()).entries, 21);
	await leave();
	const again = await openLog(connection, { maxBytes: 1024 * 1024 });
	await again.append([eventOf(22)], 21);
	t.is((await again.state()).entries, 21);
});

test("a whole state whose form this program does not know is not passed over for an older one", async (t) => {
	const { connection } = await startEmbedded(t);
	const states = createKeptStates(connection, OPTIONS);
	await states.keep({ origin: "o", position: 3, fleet: fleetOf(1) });
	const newer = {
		...OPTIONS,
		fromJson: (json: unknown) => OPTIONS.fromJson({ ...(json as object), later: undefined }),
	};
	const later = createKeptStates(connection, {
		...newer,
		toJson: (fleet) => ({ ...fleetToJson(fleet), later: 1 }),
	});
	await later.keep({ origin: "o", position: 9, fleet: fleetOf(2) }).catch(() => undefined);
	await t.throwsAsync(states.load("o"), { instanceOf: LogBeyond, message: /entry 9.*start the version/ });
});
