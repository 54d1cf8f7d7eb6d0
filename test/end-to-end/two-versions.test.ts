import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openEmbedded, openLog } from "@rollcall/coordinator/trials";
import type { Status } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { launchCoordinator, startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type ExternalNats, startExternalNats } from "../support/external-nats.ts";
import { createGate } from "../support/gate.ts";
import { repository } from "../support/places.ts";

const enter = createGate(1);
/** Makes a coordinator a later version of itself. */
const NEWER = {
	fromSources: true,
	environment: { NODE_OPTIONS: `--import=${join(repository, "test/support/newer-version.ts")}` },
};

/** Waits until a coordinator is not ready and says that it needs a later version. */
const stopped = (url: string, token: string) =>
	eventually("the older version to stop", async () => {
		const { status } = await fetch(`${url}/readyz`);
		const answer = await fetch(`${url}/v1/status`, { headers: { authorization: `Bearer ${token}` } });
		const { notReady = "" } = (await answer.json()) as Status;
		return status === 503 && /was written by rollcall 9\.9\.9.*start that version/.test(notReady);
	});

/** Starts this version on a folder, which cannot get ready, and gives its URL. */
async function launchOlder(t: ExecutionContext, nats: ExternalNats, dataFolder: string) {
	const started = launchCoordinator(t, { ...nats.options(), dataFolder, natsPort: await freePort() });
	const api = join(dataFolder, "api.json");
	await eventually("the API", () => existsSync(api));
	return { started, url: (JSON.parse(readFileSync(api, "utf8")) as { url: string }).url };
}

const tokensOf = async (coordinator: TestCoordinator): Promise<string[]> =>
	(await coordinator.call<{ tokens: { tokenId: string }[] }>("GET", "/v1/tokens")).tokens.map(({ tokenId }) => tokenId);

test("an older version beside a newer one follows until it meets what it does not understand, then stops with a word that names the version, never leads, and loses nothing", async (t) => {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	const first = await startCoordinator(t, nats.options());
	await first.enrollToken();
	const older = await startCoordinator(t, { ...nats.options(), dataFolder: ownFolder(t) });
	// The newer one takes the lead: what it writes is understood at first.
	const newer = await startCoordinator(t, { ...nats.options(), dataFolder: ownFolder(t), ...NEWER });
	await Promise.all([older.stop(), first.stop()]);
	await eventually("the newer one to lead", async () => (await newer.status()).leader);
	const follower = await older.restart();
	t.is((await follower.status()).notReady, undefined);

	await newer.enrollToken();
	await newer.enrollToken();
	const known = await tokensOf(newer);
	await stopped(follower.url, follower.token);
	t.is((await follower.request("POST", "/v1/tokens", { scope: "enroll" })).status, 503);

	// Nobody leads now, and the older ones do not: neither the one that ran, nor one that starts.
	await newer.process.end("SIGKILL");
	const again = await launchOlder(t, nats, first.dataFolder);
	await stopped(again.url, first.token);
	await stopped(follower.url, follower.token);
	t.is(again.started.child.exitCode, null);
	const told = follower.process
		.output()
		.split("\n")
		.filter((line) => line.includes("start that version"));
	t.is(told.length, 1, told.join("\n"));
	await follower.stop();

	const back = await newer.restart();
	t.true((await back.status()).leader);
	t.deepEqual(await tokensOf(back), known);
	const events = (await nats.entries()).flat();
	t.deepEqual(
		events.map(({ seq }) => seq),
		events.map((_event, index) => index + 1),
	);
	t.deepEqual([...new Set(events.slice(-1).map(({ type }) => type))], ["leader-elected"]);
	t.is(events.filter(({ type }) => type === "log-doubted").length, 0);
});

const LOGS = join(repository, "packages/coordinator/test/logs");

for (const name of ["2026-11-20", "2026-11-21-noon"]) {
	test(`this version starts with the log and the snapshot that an earlier one left (${name}), without a doubt and with its fleet`, async (t) => {
		t.teardown(await enter());
		const dataFolder = ownFolder(t);
		const bus = await openEmbedded({ dataFolder, coordinatorId: "c-earlier", wall: Date.now, now: Date.now });
		await openLog(bus.connection);
		const lines = readFileSync(join(LOGS, name, "entries.jsonl"), "utf8")
			.trimEnd()
			.split("\n");
		for (const line of lines) await bus.connection.nc.request("rollcall.v1.log", line, ON_THE_BUS);
		await bus.close();
		cpSync(join(LOGS, name, "snapshot"), join(dataFolder, "snapshot.json"));
		const [, body = ""] = readFileSync(join(LOGS, name, "snapshot"), "utf8").split("\n");
		const kept = JSON.parse(body) as { fleet: { machines: { machineId: string }[]; cluster?: { digest: string } } };

		const coordinator = await startCoordinator(t, { dataFolder });
		const machines = (await coordinator.machines()).map(({ machineId }) => `${machineId}`);
		t.deepEqual(machines.toSorted(), kept.fleet.machines.map(({ machineId }) => machineId).toSorted());
		t.is((await coordinator.call<{ digest: string }>("GET", "/v1/cluster")).digest, kept.fleet.cluster?.digest ?? "");
		await eventually("it to lead, since the earlier one is silent", async () => (await coordinator.status()).leader);
		await coordinator.enrollToken();
		const again = await coordinator.restart({ signal: "SIGKILL" });
		const types = (await again.events()).map(({ type }) => type);
		t.is(types.filter((type) => type === "log-started").length, 1);
		t.false(types.includes("log-doubted"));
	});
}
