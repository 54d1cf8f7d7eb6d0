import { rmSync } from "node:fs";
import { join } from "node:path";
import type { EventOf } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { startExternalNats } from "../support/external-nats.ts";
import { withLog } from "../support/forged-log.ts";
import { metric } from "../support/metrics.ts";

async function toldBy(coordinator: TestCoordinator): Promise<EventOf<"log-compacted">> {
	return eventually("it to be told", async () =>
		(await coordinator.events()).find((event): event is EventOf<"log-compacted"> => event.type === "log-compacted"),
	);
}

test("entries that somebody takes out of the log while a coordinator leads are told within seconds, and the state outlives them, the leader and its folder's snapshot", async (t) => {
	const nats = await startExternalNats(t);
	const options = nats.options();
	const leader = await startCoordinator(t, options);
	const purge = (which: object): Promise<unknown> =>
		withLog(nats.url, nats.keys, (nc) =>
			nc.request("$JS.API.STREAM.PURGE.ROLLCALL_EVENTS", JSON.stringify(which), ON_THE_BUS),
		);
	for (let n = 0; n < 4; n++) await leader.enrollToken();
	const tokens = async (from: TestCoordinator): Promise<number> =>
		(await from.call<{ tokens: unknown[] }>("GET", "/v1/tokens")).tokens.length;
	const before = await tokens(leader);
	await eventually("a look at how full the log is", async () => (await metric(leader, "rollcall_log_bytes")) > 0);
	await purge({});
	const told = await toldBy(leader);
	t.true(told.unasked);
	t.is(told.entries, told.before - 1);
	t.is((await leader.status()).logDoubt, undefined);
	await leader.enrollToken();
	const again = await leader.restart({ signal: "SIGKILL" });
	t.is(await tokens(again), before + 1);
	t.is((await again.events()).filter(({ type }) => type === "log-doubted").length, 0);
});

test("a coordinator that follows tells of entries that somebody takes out of the log", async (t) => {
	const nats = await startExternalNats(t);
	const leader = await startCoordinator(t, nats.options());
	const follower = await startCoordinator(t, { ...nats.options(), dataFolder: ownFolder(t) });
	for (let n = 0; n < 4; n++) await leader.enrollToken();
	await eventually("a look at how full the log is", async () => (await metric(leader, "rollcall_log_bytes")) > 0);
	await withLog(nats.url, nats.keys, (nc) => nc.request("$JS.API.STREAM.PURGE.ROLLCALL_EVENTS", "{}", ON_THE_BUS));
	await eventually("both to tell it", () =>
		[leader, follower].every(({ process }) =>
			/entries 1 to \d+ of the event log were taken out/.test(process.output()),
		),
	);
	t.false((await follower.status()).leader);
});

test("what somebody takes out of the log just before its leader is killed is told by the one that follows, and its state outlives both", async (t) => {
	const nats = await startExternalNats(t);
	const options = nats.options();
	const leader = await startCoordinator(t, options);
	const follower = await startCoordinator(t, { ...options, dataFolder: ownFolder(t) });
	for (let n = 0; n < 4; n++) await leader.enrollToken();
	const { seq } = await leader.status();
	await eventually("the other one to know that", async () => (await follower.status()).seq >= seq);
	await withLog(nats.url, nats.keys, (nc) => nc.request("$JS.API.STREAM.PURGE.ROLLCALL_EVENTS", "{}", ON_THE_BUS));
	await leader.process.end("SIGKILL");
	t.true((await toldBy(follower)).unasked);
	const again = await follower.restart({
		signal: "SIGKILL",
		between: () => rmSync(join(follower.dataFolder, "snapshot.json"), { force: true }),
	});
	const { tokens } = await again.call<{ tokens: { scope: string }[] }>("GET", "/v1/tokens");
	t.is(tokens.filter(({ scope }) => scope === "enroll").length, 4);
	t.is((await again.events()).filter(({ type }) => type === "log-doubted").length, 0);
});

test("where somebody takes away the state that stands for older entries of the log, or gives its store an age, the leader puts both right and tells it", async (t) => {
	const nats = await startExternalNats(t);
	const options = nats.options();
	const leader = await startCoordinator(t, options);
	const asked = <T>(subject: string, body: object = {}): Promise<T> =>
		withLog(nats.url, nats.keys, async (nc) =>
			(await nc.request(`$JS.API.STREAM.${subject}`, JSON.stringify(body), ON_THE_BUS)).json<T>(),
		);
	await eventually("a look at how full the log is", async () => (await metric(leader, "rollcall_log_bytes")) > 0);
	const token = await leader.enrollToken();
	t.truthy(token);
	await asked("PURGE.ROLLCALL_EVENTS");
	await toldBy(leader);
	const { config } = await asked<{ config: object }>("INFO.ROLLCALL_STATES");
	await asked("UPDATE.ROLLCALL_STATES", { ...config, max_age: 1_000_000_000, duplicate_window: 1_000_000_000 });
	await eventually("the state to be there for good", async () => {
		const info = await asked<{ config: { max_age: number }; state: { messages: number } }>("INFO.ROLLCALL_STATES");
		return info.config.max_age === 0 && info.state.messages > 0;
	});
	await asked("PURGE.ROLLCALL_STATES");
	await eventually("the state to be kept again", async () => {
		const info = await asked<{ state: { messages: number } }>("INFO.ROLLCALL_STATES");
		return info.state.messages > 0 && /the state that stands for/.test(leader.process.output());
	});
	const again = await leader.restart({ signal: "SIGKILL" });
	t.is((await again.events()).filter(({ type }) => type === "log-doubted").length, 0);
	t.is((await again.call<{ tokens: unknown[] }>("GET", "/v1/tokens")).tokens.length, 2);
});
