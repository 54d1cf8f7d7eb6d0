import { type EventOf, LATEST_EVENT, MOST_EVENTS } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { startExternalNats } from "../support/external-nats.ts";
import { forgeEntry, withLog } from "../support/forged-log.ts";
import { createGate } from "../support/gate.ts";

const enter = createGate(2);
const revoked = { type: "token-revoked", tokenId: "forged", by: "nobody" };

/** What follows the last event, and nothing can follow, or little. */
const FORGED: Readonly<Record<string, (seq: number) => object>> = {
	"a time at the end of whole numbers": (seq) => ({ ...revoked, seq: seq + 1, at: Number.MAX_SAFE_INTEGER }),
	"a time that no date has": (seq) => ({ ...revoked, seq: seq + 1, at: 8.64e15 + 1 }),
	"the last number that there is": () => ({ ...revoked, seq: Number.MAX_SAFE_INTEGER, at: Date.now() }),
	"a lead with the last number that there is": () => ({
		type: "leader-elected",
		coordinatorId: "forged",
		url: "http://127.0.0.1:1",
		seq: Number.MAX_SAFE_INTEGER,
		at: Date.now(),
	}),
	"the latest time that an event can have": (seq) => ({ ...revoked, seq: seq + 1, at: LATEST_EVENT }),
	"the highest number that an event can have": () => ({ ...revoked, seq: MOST_EVENTS, at: Date.now() }),
	"a clock that is ahead beyond all dates": (seq) => ({
		type: "clock-stepped",
		coordinatorId: "forged",
		aheadMs: Number.MAX_SAFE_INTEGER,
		seq: seq + 1,
		at: Date.now() + 60_000,
	}),
};

async function doubted(coordinator: TestCoordinator): Promise<EventOf<"log-doubted">> {
	return eventually("the log to be doubted", async () =>
		(await coordinator.events()).find((event): event is EventOf<"log-doubted"> => event.type === "log-doubted"),
	);
}

/** A coordinator that was killed, on a bus of its own, and what stands behind its last entry. */
async function forgedBehind(t: ExecutionContext, make: (seq: number) => readonly object[]) {
	const nats = await startExternalNats(t);
	const options = nats.options();
	const killed = await startCoordinator(t, options);
	await killed.process.end("SIGKILL");
	await withLog(nats.url, nats.keys, (nc) => forgeEntry(nc, make));
	return { options, dataFolder: killed.dataFolder };
}

for (const [what, make] of Object.entries(FORGED))
	test(`an entry with ${what} is set aside and told, a coordinator leads behind it, and a person's word ends the doubt`, async (t) => {
		t.teardown(await enter());
		const { options, dataFolder } = await forgedBehind(t, (seq) => [make(seq)]);
		const again = await startCoordinator(t, { ...options, dataFolder });
		const { flaws } = await doubted(again);
		t.deepEqual(
			flaws.map(({ kind }) => kind),
			["unreadable"],
		);
		t.regex((await again.status()).logDoubt ?? "", /rollcall log accept/);
		await eventually(
			"a person's word to count",
			async () => (await again.request("POST", "/v1/log/accept", {})).status === 200,
			60_000,
		);
		await again.enrollToken();
		const [newest] = (await again.events()).slice(-1);
		t.true((newest?.at ?? 0) < Date.now() + 120_000);
		t.true((newest?.seq ?? 0) < 10_000);
	});

test("an entry with the latest time that comes under a coordinator that leads is set aside and told, and time goes on", async (t) => {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	const coordinator = await startCoordinator(t, nats.options());
	await withLog(nats.url, nats.keys, (nc) => forgeEntry(nc, (seq) => [{ ...revoked, seq: seq + 1, at: LATEST_EVENT }]));
	t.is((await doubted(coordinator)).flaws[0]?.kind, "unreadable");
	await coordinator.enrollToken();
	t.true(((await coordinator.events()).at(-1)?.at ?? 0) < Date.now() + 120_000);
});

test("where an entry an hour ahead comes under a coordinator that leads, time goes on from there", async (t) => {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	const coordinator = await startCoordinator(t, nats.options());
	const at = Date.now() + 3_600_000;
	await withLog(nats.url, nats.keys, (nc) => forgeEntry(nc, (seq) => [{ ...revoked, seq: seq + 1, at }]));
	await eventually("events that are later than that one", async () => {
		await coordinator.request("POST", "/v1/tokens", { scope: "enroll" });
		// Through the API they have dates.
		return ((await nats.entries()).flat().at(-1)?.at ?? 0) > at + 2_000;
	});
	t.true((await coordinator.status()).leader);
});

test("an entry with a document that is nested deeper than anybody can follow is set aside and told, and a coordinator leads behind it", async (t) => {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	const options = nats.options();
	const killed = await startCoordinator(t, options);
	await killed.process.end("SIGKILL");
	const declared = (await nats.entries()).flat().find((event) => event.type === "cluster-declared");
	const audit = { rules: [{ level: "None", nested: "HERE" }] };
	const document = { ...declared?.document, kubernetes: { ...declared?.document.kubernetes, audit } };
	await withLog(nats.url, nats.keys, (nc) =>
		forgeEntry(
			nc,
			(seq) => [{ ...declared, document, seq: seq + 1, at: Date.now() }],
			(json) => json.replace('"HERE"', `${"[".repeat(50_000)}1${"]".repeat(50_000)}`),
		),
	);
	const again = await startCoordinator(t, { ...options, dataFolder: killed.dataFolder });
	t.is((await doubted(again)).flaws[0]?.kind, "unreadable");
	await again.enrollToken();
});

test("a coordinator whose log was sealed under it says what a person does, and leads in the log that begins when that is done", async (t) => {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	const coordinator = await startCoordinator(t, nats.options());
	const asked = (what: string, body: object = {}): Promise<object> =>
		withLog(nats.url, nats.keys, async (nc) =>
			(await nc.request(`$JS.API.STREAM.${what}.ROLLCALL_EVENTS`, JSON.stringify(body), ON_THE_BUS)).json<object>(),
		);
	const { config } = (await asked("INFO")) as { config: object };
	await asked("UPDATE", { ...config, sealed: true });
	await eventually("a word of what a person does", async () => {
		await coordinator.request("POST", "/v1/tokens", { scope: "enroll" });
		return /sealed.*begin another log/.test((await coordinator.status()).notReady ?? "");
	});
	await asked("DELETE");
	await eventually("a coordinator that leads", async () => (await coordinator.status()).leader, 60_000);
	const [first] = await coordinator.events();
	t.true(first?.type === "log-started" && first.recovering);
});

test("a coordinator whose log somebody makes anew in memory says what a person does, leads nobody there, and leads in the log that begins when that is done", async (t) => {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	const coordinator = await startCoordinator(t, nats.options());
	const asked = (what: string, body: object = {}): Promise<{ state?: { messages: number } }> =>
		withLog(nats.url, nats.keys, async (nc) =>
			(await nc.request(`$JS.API.STREAM.${what}.ROLLCALL_EVENTS`, JSON.stringify(body), ON_THE_BUS)).json(),
		);
	await asked("DELETE");
	await asked("CREATE", { name: "ROLLCALL_EVENTS", subjects: ["rollcall.v1.log"], storage: "memory" });
	await eventually("a word of what a person does", async () =>
		/memory.*delete the stream ROLLCALL_EVENTS/.test((await coordinator.status()).notReady ?? ""),
	);
	t.false((await coordinator.status()).leader);
	t.is((await asked("INFO")).state?.messages, 0);
	await asked("DELETE");
	await eventually("a coordinator that leads", async () => (await coordinator.status()).leader, 60_000);
	const [first] = await coordinator.events();
	t.true(first?.type === "log-started" && first.recovering);
});
