import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { credsAuthenticator } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import type { Problem } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { allReady, startMachine } from "../support/machine.ts";

const LOG_BYTES = 1024 * 1024;
/** A token to make, with labels of 3 KiB: some hundred of them fill the log. */
const LARGE = {
	scope: "enroll",
	labels: Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`key-${n}-${"x".repeat(40)}`, "y".repeat(60)])),
};

/** Takes the name of the stream that states are kept in, so that no older entries can go. */
async function withoutPlaceForStates(
	t: ExecutionContext,
	{ dataFolder }: TestCoordinator,
	port: number,
): Promise<void> {
	const creds = credsAuthenticator(readFileSync(join(dataFolder, "keys/coordinator.creds")));
	const nc = await connect({ servers: `127.0.0.1:${port}`, authenticator: creds });
	t.teardown(() => nc.close());
	const stream = {
		name: "ROLLCALL_STATES",
		subjects: ["elsewhere"],
		// What is kept in RAM does not stand for entries that are taken out.
		storage: "memory",
		retention: "limits",
		num_replicas: 1,
	};
	const made = await nc.request("$JS.API.STREAM.CREATE.ROLLCALL_STATES", JSON.stringify(stream), ON_THE_BUS);
	t.is(made.json<{ error?: unknown }>().error, undefined);
}

test("a log that fills, since older entries cannot go, is told from 70 % on, keeps a reserve for its coordinator, which leads after a restart, and goes on when it is given more", async (t) => {
	const nats = (logBytes: number, port: number) => ({ embedded: { host: "127.0.0.1", port, logBytes } });
	const port = await freePort();
	const coordinator = await startCoordinator(t, { nats: nats(LOG_BYTES, port), natsPort: port });
	await startMachine(t, coordinator, { name: "patient" });
	await allReady(coordinator, 1);
	await withoutPlaceForStates(t, coordinator, port);
	const write = () => coordinator.request("POST", "/v1/tokens", LARGE);
	const refused = await eventually(
		"a write to be refused",
		async () => {
			for (let n = 0; n < 20; n++) {
				const { status, body } = await write();
				if (status !== 201 && status !== 429) return body as Problem;
			}
			return undefined;
		},
		120_000,
	);
	t.is(refused.code, "not-ready");
	t.regex(refused.message, /event log is 9\d % full/);
	t.regex(refused.next ?? "", /logBytes/);
	const told = (await coordinator.events()).flatMap((event) => (event.type === "log-filling" ? [event.percent] : []));
	t.true(told.length >= 1 && (told[0] ?? 0) >= 70, told.join());
	t.regex((await coordinator.status()).logFilling ?? "", /bytes/);
	t.deepEqual(await (await fetch(`${coordinator.url}/readyz`)).json(), { ok: true, warning: "log-filling" });

	const again = await coordinator.restart({ signal: "SIGKILL" });
	await allReady(again, 1);
	t.true((await again.status()).leader);
	await again.stop();
	const larger = await startCoordinator(t, {
		dataFolder: coordinator.dataFolder,
		nats: nats(LOG_BYTES * 8, port),
		natsPort: port,
		port: Number(new URL(coordinator.url).port),
	});
	await eventually(
		"a write to be taken again",
		async () => (await larger.request("POST", "/v1/tokens", { scope: "enroll" })).status === 201,
	);
	await eventually("the warning to end", async () => (await larger.status()).logFilling === undefined, 30_000);
});

test("older entries go when the log is half full, and a coordinator without a snapshot of its own has the same state", async (t) => {
	const port = await freePort();
	const nats = { embedded: { host: "127.0.0.1", port, logBytes: LOG_BYTES } };
	const coordinator = await startCoordinator(t, { nats, natsPort: port });
	await startMachine(t, coordinator, { name: "patient" });
	await allReady(coordinator, 1);
	const compacted = await eventually(
		"older entries to be taken out twice",
		async () => {
			for (let n = 0; n < 20; n++) await coordinator.request("POST", "/v1/tokens", LARGE);
			const done = (await coordinator.events(1)).filter(({ type }) => type === "log-compacted");
			return done.length >= 2 ? done : undefined;
		},
		120_000,
	);
	t.true(compacted.length >= 2);
	let now = coordinator;
	for (const signal of ["SIGKILL", "SIGTERM"] as const) {
		const { seq } = await now.status();
		const again = await now.restart({
			signal,
			between: () => rmSync(join(coordinator.dataFolder, "snapshot.json"), { force: true }),
		});
		await allReady(again, 1);
		t.true((await again.status()).seq > seq);
		t.is((await again.status()).logDoubt, undefined);
		t.is((await again.machines())[0]?.phase, "ready");
		t.is((await again.request("GET", "/v1/cluster")).status, 200);
		now = again;
	}
});

for (const failpoint of ["compact:kept", "compact:after"]) {
	test(`a coordinator that is killed at ${failpoint} comes back with all that it acknowledged, and takes older entries out later`, async (t) => {
		const port = await freePort();
		const nats = { embedded: { host: "127.0.0.1", port, logBytes: LOG_BYTES } };
		const coordinator = await startCoordinator(t, { nats, natsPort: port, failpoint });
		let made = 0;
		const write = async (to: TestCoordinator) => (await to.request("POST", "/v1/tokens", LARGE)).status === 201;
		const filling = (async () => {
			for (;;)
				if (await write(coordinator).catch(() => undefined)) made++;
				else if (coordinator.process.child.signalCode !== null) return;
		})();
		const { signal } = await coordinator.process.exited;
		await filling;
		t.is(signal, "SIGKILL");
		const again = await coordinator.restart();
		t.is((await again.status()).logDoubt, undefined);
		const { tokens, more } = await again.call<{ tokens: unknown[]; more: number }>("GET", "/v1/tokens");
		t.true(tokens.length + more >= made, `${tokens.length + more} of ${made}`);
		await eventually(
			"older entries to be taken out",
			async () => {
				for (let n = 0; n < 20; n++) await write(again);
				return (
					(await again.status()).seq > 0 && (await again.events(made)).some(({ type }) => type === "log-compacted")
				);
			},
			60_000,
		);
	});
}
