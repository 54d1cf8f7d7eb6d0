import {
	closeSync,
	cpSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import { credsAuthenticator } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import type { EventOf } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { createGate } from "../support/gate.ts";
import { allReady, startMachine } from "../support/machine.ts";
import { holdingsOf, seatsOf } from "../support/standing.ts";

const enter = createGate(2);

/** The file with the log's messages in the store of an embedded server. */
function blockOf({ dataFolder }: TestCoordinator): string {
	const files = readdirSync(join(dataFolder, "nats"), { recursive: true, encoding: "utf8" });
	const found = files.find((name) => name.includes("ROLLCALL_EVENTS") && name.endsWith(".blk"));
	if (found === undefined) throw new Error("the store has no messages");
	return join(dataFolder, "nats", found);
}

/** The number of the newest event that the coordinator's mark knows of. */
function markOf({ dataFolder }: TestCoordinator): number {
	return (JSON.parse(readFileSync(join(dataFolder, "log-mark.json"), "utf8")) as { seq: number }).seq;
}

function overwrite(file: string, position: number, bytes: string): void {
	const opened = openSync(file, "r+");
	writeSync(opened, Buffer.from(bytes), 0, bytes.length, position);
	closeSync(opened);
}

async function doubtOf(coordinator: TestCoordinator): Promise<EventOf<"log-doubted">> {
	return eventually("the log to be doubted", async () =>
		(await coordinator.events()).find((event): event is EventOf<"log-doubted"> => event.type === "log-doubted"),
	);
}

async function accepted(coordinator: TestCoordinator): Promise<void> {
	await eventually("the doubt to be over", async () => (await coordinator.status()).logDoubt === undefined, 60_000);
	await coordinator.enrollToken();
}

/** Damages of a store while nothing runs. `kind`: what is found. */
const DAMAGES: readonly { what: string; kind: string; signal?: NodeJS.Signals; harm: (file: string) => void }[] = [
	{
		what: "8 bytes in the middle",
		kind: "back|gap",
		harm: (file) => overwrite(file, Math.floor(statSync(file).size / 2), "XXXXXXXX"),
	},
	{ what: "8 bytes of the first entry", kind: "gap", harm: (file) => overwrite(file, 200, "XXXXXXXX") },
	{ what: "one byte of the last entry", kind: "gap", harm: (file) => overwrite(file, statSync(file).size - 40, "X") },
	{
		what: "the end, which is cut off after a kill",
		kind: "back|gap",
		signal: "SIGKILL",
		harm: (file) => truncateSync(file, statSync(file).size - 700),
	},
];

for (const { what, kind, signal = "SIGTERM", harm } of DAMAGES) {
	test(`damage of ${what} is told, the coordinator leads, and machines keep what they run`, async (t) => {
		t.teardown(await enter());
		const before = await startCoordinator(t);
		const machine = await startMachine(t, before, { name: "kept" });
		await allReady(before, 1);
		for (let n = 0; n < 8; n++) await before.enrollToken();
		const [seats, holdings, highest] = [
			await seatsOf(before),
			await holdingsOf([machine]),
			(await before.status()).seq,
		];
		// The mark follows the log by some milliseconds; what a kill cuts off before that is not missed.
		await eventually("the mark to have followed", () => markOf(before) >= highest);
		const after = await before.restart({ signal, between: () => harm(blockOf(before)) });
		const doubt = await doubtOf(after);
		t.regex(doubt.flaws[0]?.kind ?? "", new RegExp(`^(${kind})$`));
		t.regex((await after.status()).logDoubt ?? "the doubt is over", /missing|ends at|the doubt is over/);
		await allReady(after, 1, 60_000);
		t.deepEqual(await seatsOf(after), seats);
		t.deepEqual(await holdingsOf([machine]), holdings);
		t.true((await after.status()).seq > highest);
		await accepted(after);
		// What was told is not told again.
		const again = await after.restart();
		await allReady(again, 1, 60_000);
		t.is((await again.events()).filter(({ type }) => type === "log-doubted").length, 1);
	});
}

test("a log that is put back from a copy alone is told, and numbers of events are not used twice", async (t) => {
	t.teardown(await enter());
	const first = await startCoordinator(t);
	const machine = await startMachine(t, first, { name: "kept" });
	await allReady(first, 1);
	const copy = join(first.dataFolder, "copy");
	const nats = join(first.dataFolder, "nats");
	const second = await first.restart({ between: () => cpSync(nats, copy, { recursive: true }) });
	for (let n = 0; n < 8; n++) await second.enrollToken();
	const highest = (await second.status()).seq;
	const [seats, holdings] = [await seatsOf(second), await holdingsOf([machine])];
	const third = await second.restart({
		signal: "SIGKILL",
		between: () => {
			rmSync(nats, { recursive: true });
			cpSync(copy, nats, { recursive: true });
		},
	});
	const { flaws, seq } = await doubtOf(third);
	t.is(flaws[0]?.kind, "back");
	t.true(seq > highest);
	await allReady(third, 1, 60_000);
	t.deepEqual(await seatsOf(third), seats);
	t.deepEqual(await holdingsOf([machine]), holdings);
	await accepted(third);
});

test("a data folder that is put back from a copy follows what machines prove: a boot of which it knows nothing is not taken for one without memory", async (t) => {
	t.teardown(await enter());
	const first = await startCoordinator(t);
	const still = await startMachine(t, first, { name: "still", rejoinAfter: 2 });
	await allReady(first, 1);
	const moving = await startMachine(t, first, { name: "moving", rejoinAfter: 2 });
	await allReady(first, 2);
	const { dataFolder } = first;
	const copy = `${dataFolder}-copy`;
	t.teardown(() => rmSync(copy, { recursive: true, force: true }));
	const second = await first.restart({ between: () => cpSync(dataFolder, copy, { recursive: true }) });
	const moved = await moving.bootAgain(second);
	await eventually(
		"the second boot to be let in",
		async () => (await second.events()).filter(({ type }) => type === "machine-enrolled").length === 3,
		60_000,
	);
	await allReady(second, 2, 60_000);
	const [seats, holdings] = [await seatsOf(second), await holdingsOf([still, moved])];
	const third = await second.restart({
		signal: "SIGKILL",
		between: () => {
			rmSync(dataFolder, { recursive: true });
			cpSync(copy, dataFolder, { recursive: true });
		},
	});
	const { flaws } = await doubtOf(third);
	t.deepEqual(
		flaws.map(({ kind }) => kind),
		["proof"],
	);
	await allReady(third, 2, 60_000);
	t.deepEqual(await seatsOf(third), seats);
	t.deepEqual(await holdingsOf([still, moved]), holdings);
	await accepted(third);
	t.deepEqual(await holdingsOf([still, moved]), holdings);
});

test("what something else writes into the log is set aside and told while the coordinator leads, and nothing of it counts", async (t) => {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t);
	await startMachine(t, coordinator, { name: "kept" });
	const [machine] = await allReady(coordinator, 1);
	const { port } = JSON.parse(readFileSync(join(coordinator.dataFolder, "nats/server.conf"), "utf8")) as {
		port: number;
	};
	const creds = credsAuthenticator(readFileSync(join(coordinator.dataFolder, "keys/coordinator.creds")));
	const nc = await connect({ servers: `127.0.0.1:${port}`, authenticator: creds });
	t.teardown(() => nc.close());
	const removed = { type: "machine-removed", machineId: machine?.machineId, by: "nobody", seq: 9_000, at: Date.now() };
	for (const text of ["no entry", JSON.stringify({ v: 1, events: [removed] }), JSON.stringify({ v: 9 })])
		await nc.request("rollcall.v1.log", text, ON_THE_BUS);
	const write = () => coordinator.request("POST", "/v1/tokens", { scope: "enroll" });
	await eventually("a write to be taken again", async () => (await write()).status === 201);
	const doubt = await doubtOf(coordinator);
	t.deepEqual(
		doubt.flaws.map(({ kind }) => kind),
		["foreign", "foreign", "unreadable"],
	);
	t.is((await coordinator.machines()).length, 1);
	// Nobody but a person knows what a format of another program would have said.
	const again = await coordinator.restart();
	await allReady(again, 1, 60_000);
	t.regex((await again.status()).logDoubt ?? "", /rollcall log accept/);
	await eventually(
		"a person's word to count",
		async () => (await again.request("POST", "/v1/log/accept", {})).status === 200,
		30_000,
	);
	t.is((await again.status()).logDoubt, undefined);
	t.is((await again.request("POST", "/v1/log/accept", {})).status, 409);
});

test("a silence that a stall made longer by a fraction of a millisecond does not end the next start", async (t) => {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t);
	const machine = await startMachine(t, coordinator, { name: "silent", noAgentRestart: true });
	await allReady(coordinator, 1);
	process.kill(machine.agentPid() ?? 0, "SIGKILL");
	const { pid = 0 } = coordinator.process.child;
	process.kill(pid, "SIGSTOP");
	await new Promise((resolve) => setTimeout(resolve, 1_300));
	process.kill(pid, "SIGCONT");
	await eventually("the machine to be lost", async () => (await coordinator.machines())[0]?.lease === "lost", 60_000);
	const again = await coordinator.restart({ signal: "SIGKILL" });
	t.true((await again.status()).leader);
	t.is((await again.events()).filter(({ type }) => type === "log-doubted").length, 0);
});
