import { eventually } from "@rollcall/test-support/eventually";
import { stretched } from "@rollcall/test-support/stretch";
import test from "ava";
import type { ClientOptions } from "ws";
import { TOKENS } from "./fixed-core.ts";
import { bearer, type TestApi } from "./setup.ts";
import { open, range, started } from "./stream-client.ts";

test("a reader that stops reading is dropped, memory stays bounded, and resuming gives exactly what is missing", async (t) => {
	const { api, url } = await started(t, {
		limits: { readerBytes: 64 * 1024, readerStallMs: 300, readerCloseMs: 60_000 },
	});
	const stalled = open(t, `${url}/v1/events?after=0`);
	const lively = open(t, `${url}/v1/events?after=0`);
	await eventually("both caught up", () => stalled.frames.length === 1 && lively.frames.length === 1);
	stalled.socket.pause();

	// 30 MB of events: what the kernel buffers for the socket is far less.
	const labels = { canary: "x".repeat(10_000) };
	for (let round = 0; round < 30; round += 1) {
		api.core.recordMany(100, labels);
		await eventually("the lively reader follows", () => lively.seqs().length === (round + 1) * 100);
	}
	await eventually("one reader is left", () => api.core.listeners.size === 1 && dropped(api) !== undefined);
	t.deepEqual(lively.seqs(), range(1, 3000));

	stalled.socket.resume();
	await eventually("the stalled reader hears why", () => stalled.closed.length === 1);
	const got = stalled.seqs();
	t.deepEqual(got, range(1, got.length), "what was sent before is whole");
	t.true(got.length < 3000, "not everything was buffered for it");
	t.deepEqual(stalled.closed, [{ code: 1013, reason: `too slow; resume with after=${got.length}` }]);
	t.regex(await api.metrics.text(), /rollcall_stream_readers_dropped_total\{reason="too-slow"\} 1/);

	const resumed = open(t, `${url}/v1/events?after=${got.length}`);
	await eventually("the rest", () => resumed.seqs().length === 3000 - got.length);
	t.deepEqual(resumed.seqs(), range(got.length + 1, 3000));
});

function dropped(api: TestApi): string | undefined {
	return /a reader of the event stream was dropped/.exec(api.logged())?.[0];
}

test("a reader that does not answer pings is dropped", async (t) => {
	const { api, url } = await started(t, { limits: { pingMs: 50, readerCloseMs: 50 } });
	const client = open(t, `${url}/v1/events`, { headers: bearer(TOKENS.read), autoPong: false } as ClientOptions);
	await eventually("it is dropped", () => client.closed.length === 1);
	t.regex(client.closed[0]?.reason ?? "", /no pong/);
	t.is(api.core.listeners.size, 0, "nobody reads, so nobody listens");
});

test.serial("a reader that answers pings stays", async (t) => {
	const { url } = await started(t, { limits: { pingMs: stretched(300) } });
	const client = open(t, `${url}/v1/events`);
	let pings = 0;
	client.socket.on("ping", () => {
		pings += 1;
	});
	await eventually("four pings", () => pings >= 4);
	t.deepEqual(client.closed, []);
});

test("a reader whose token is revoked is dropped at once", async (t) => {
	const { api, url } = await started(t);
	const client = open(t, `${url}/v1/events`);
	const other = open(t, `${url}/v1/events`, { headers: bearer(TOKENS.admin) });
	await eventually("both read", () => client.frames.length === 1 && other.frames.length === 1);
	const token = api.core.state.tokens.get("t-read");
	if (token)
		api.core.state = { ...api.core.state, tokens: api.core.state.tokens.set("t-read", { ...token, revoked: true }) };
	api.core.record({ type: "token-revoked", tokenId: "t-read", by: "t-admin" });
	await eventually("it is dropped", () => client.closed.length === 1);
	t.is(client.closed[0]?.code, 1008);
	t.deepEqual(other.closed, []);
});

test.serial("a reader whose token expires is dropped at the next ping", async (t) => {
	const { api, url } = await started(t, { limits: { pingMs: stretched(300) } });
	const token = api.core.state.tokens.get("t-read");
	const expiresAt = api.clock.ms + 1000;
	if (token)
		api.core.state = { ...api.core.state, tokens: api.core.state.tokens.set("t-read", { ...token, expiresAt }) };
	const client = open(t, `${url}/v1/events`);
	await eventually("it reads", () => client.frames.length === 1);
	api.clock.ms += 1000;
	await eventually("it is dropped", () => client.closed.length === 1);
	t.is(client.closed[0]?.code, 1008);
});

test("a frame that is too large closes the socket, and so do too many", async (t) => {
	const { url } = await started(t);
	const large = open(t, `${url}/v1/events`);
	const many = open(t, `${url}/v1/events`);
	const few = open(t, `${url}/v1/events`);
	await eventually("all read", () => [large, many, few].every(({ frames }) => frames.length === 1));
	few.socket.send("hello");
	large.socket.send("x".repeat(1025));
	for (let count = 0; count < 65; count += 1) many.socket.send("x");
	await eventually("both are closed", () => large.closed.length === 1 && many.closed.length === 1);
	t.is(large.closed[0]?.code, 1009);
	t.is(many.closed[0]?.code, 1008);
	t.deepEqual(few.closed, []);
});
