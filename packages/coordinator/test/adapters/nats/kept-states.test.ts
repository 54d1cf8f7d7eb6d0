import { jetstreamManager } from "@nats-io/jetstream";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test from "ava";
import { createKeptStates, STATE_STREAM } from "../../../src/adapters/nats/kept-states.ts";
import { openLog } from "../../../src/adapters/nats/log.ts";
import { LOG_STREAM } from "../../../src/adapters/nats/stream.ts";
import { migrateFleet } from "../../../src/domain/fleet-form.ts";
import { fleetFromJson, fleetToJson, stateDigest } from "../../../src/domain/snapshot.ts";
import { LogBeyond } from "../../../src/errors.ts";
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
	await states.keep({ origin: "o", position: 9, fleet: large });
	const read = await states.load("o");
	t.is(read?.position, 9);
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
	t.is((await states.load("o"))?.position, 3);
	await states.keep({ origin: "o", position: 5, fleet: fleetOf(2) });
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	const { last_seq: last } = (await jsm.streams.info(STATE_STREAM)).state;
	await jsm.streams.deleteMessage(STATE_STREAM, last - 1);
	t.is((await states.load("o"))?.position, 3);
});

test("older entries are taken out and the rest is read without a flaw; the stream forbids it to others as before", async (t) => {
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
	t.deepEqual([config.discard, config.max_msgs, config.deny_delete, config.deny_purge], ["new", -1, true, true]);
	const older: Entry[] = [];
	for await (const entry of again.read(0)) older.push(entry);
	t.deepEqual(
		older[0]?.flaws.map(({ reason }) => reason),
		["entries 1 to 14 are missing from the event log"],
	);
});

test("a trim that was cut short does not go on by itself", async (t) => {
	const { connection } = await startEmbedded(t);
	const log = await openLog(connection, { maxBytes: 1024 * 1024 });
	for (let n = 1; n <= 20; n++) await log.append([eventOf(n)], n - 1);
	const jsm = await jetstreamManager(connection.nc, ON_THE_BUS);
	const { config } = await jsm.streams.info(LOG_STREAM);
	await jsm.streams.update(LOG_STREAM, { ...config, discard: "old" as never, max_msgs: 10 });
	const again = await openLog(connection, { maxBytes: 1024 * 1024 });
	await again.append([eventOf(21)], 20);
	t.is((await again.state()).entries, 11);
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
