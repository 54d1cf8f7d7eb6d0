import type { EventOf } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
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
