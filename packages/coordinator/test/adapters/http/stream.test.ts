import { connect } from "node:net";
import { StreamFrame } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import { type ClientOptions, WebSocket } from "ws";
import { listen } from "../../../src/adapters/http/listen.ts";
import { TOKENS } from "./fixed-core.ts";
import { bearer, type TestApi, type TestWish, testApi } from "./setup.ts";

/** Waits until something holds, for at most ten seconds. */
async function eventually(t: ExecutionContext, what: string, holds: () => boolean): Promise<void> {
	const deadline = performance.now() + 10_000;
	while (!holds()) {
		if (performance.now() > deadline) return t.fail(`not within 10 s: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

async function started(t: ExecutionContext, wish: TestWish = {}): Promise<{ api: TestApi; url: string }> {
	const api = testApi(t, wish);
	const url = await listen(api.app);
	return { api, url: url.replace("http:", "ws:") };
}

interface Client {
	readonly socket: WebSocket;
	readonly frames: StreamFrame[];
	readonly seqs: () => number[];
	readonly closed: { code: number; reason: string }[];
}

function open(t: ExecutionContext, url: string, options: ClientOptions = { headers: bearer(TOKENS.read) }): Client {
	const socket = new WebSocket(url, options);
	const frames: StreamFrame[] = [];
	const closed: Client["closed"] = [];
	socket.on("message", (text) => frames.push(JSON.parse(String(text))));
	socket.on("close", (code, reason) => closed.push({ code, reason: String(reason) }));
	socket.on("error", () => {});
	t.teardown(() => socket.terminate());
	const seqs = () => frames.flatMap((frame) => (frame.kind === "event" ? [frame.event.seq] : []));
	return { socket, frames, seqs, closed };
}

/** The status and the body with which an upgrade is refused. */
function refused(t: ExecutionContext, url: string, options: ClientOptions): Promise<{ status: number; code: string }> {
	const socket = new WebSocket(url, options);
	socket.on("error", () => {});
	t.teardown(() => socket.terminate());
	return new Promise((resolve, reject) => {
		socket.on("open", () => reject(new Error("it was let in")));
		socket.on("unexpected-response", (_request, response) => {
			let body = "";
			response.on("data", (chunk) => {
				body += chunk;
			});
			response.on("end", () => resolve({ status: response.statusCode ?? 0, code: JSON.parse(body).code }));
		});
	});
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test("a reader gets what it missed, a mark, and then what happens", async (t) => {
	const { api, url } = await started(t, { limits: { pageEvents: 7 } });
	api.core.recordMany(30);
	const client = open(t, `${url}/v1/events?after=10`);
	await eventually(t, "caught up", () => client.frames.at(-1)?.kind === "caught-up");
	t.deepEqual(client.seqs(), range(11, 30));
	t.deepEqual(client.frames.at(-1), { kind: "caught-up", seq: 30 });
	api.core.recordMany(5);
	await eventually(t, "five more", () => client.seqs().length === 25);
	t.deepEqual(client.seqs(), range(11, 35));
	for (const frame of client.frames) t.true(StreamFrame.safeParse(frame).success);
	t.like(client.frames[0], { text: "machine-labelled happened" });
});

test("without a number, a reader gets only what is new", async (t) => {
	const { api, url } = await started(t);
	api.core.recordMany(30);
	const client = open(t, `${url}/v1/events/stream`);
	await eventually(t, "caught up", () => client.frames.length === 1);
	api.core.recordMany(1);
	await eventually(t, "one more", () => client.frames.length === 2);
	t.deepEqual(client.seqs(), [31]);
});

test("events that are recorded while a reader catches up come once and in order", async (t) => {
	const { api, url } = await started(t, { limits: { pageEvents: 3 } });
	api.core.recordMany(50);
	const read = api.core.events.bind(api.core);
	api.core.events = async (after, limit) => {
		// One event before and one while the log is read.
		if (api.core.log.length < 120) api.core.recordMany(1);
		await new Promise((resolve) => setImmediate(resolve));
		const page = await read(after, limit);
		if (api.core.log.length < 120) api.core.recordMany(1);
		return page;
	};
	const client = open(t, `${url}/v1/events?after=0`);
	await eventually(t, "caught up", () => client.frames.some(({ kind }) => kind === "caught-up"));
	api.core.recordMany(3);
	await eventually(t, "all", () => client.seqs().length >= api.core.log.length);
	t.deepEqual(client.seqs(), range(1, api.core.log.length));
});

test("a burst that no socket can take at once still reaches a reader that reads", async (t) => {
	const { api, url } = await started(t, { limits: { readerEvents: 10, readerBytes: 4096 } });
	const client = open(t, `${url}/v1/events?after=0`);
	await eventually(t, "caught up", () => client.frames.length === 1);
	api.core.recordMany(5000);
	await eventually(t, "all of the burst", () => client.seqs().length >= 5000);
	t.deepEqual(client.seqs(), range(1, 5000));
	t.deepEqual(client.closed, []);
});

test("a reader that stops reading is dropped, memory stays bounded, and resuming gives exactly what is missing", async (t) => {
	const { api, url } = await started(t, {
		limits: { readerBytes: 64 * 1024, readerStallMs: 300, readerCloseMs: 60_000 },
	});
	const stalled = open(t, `${url}/v1/events?after=0`);
	const lively = open(t, `${url}/v1/events?after=0`);
	await eventually(t, "both caught up", () => stalled.frames.length === 1 && lively.frames.length === 1);
	stalled.socket.pause();

	// 30 MB of events: what the kernel buffers for the socket is far less.
	const labels = { canary: "x".repeat(10_000) };
	for (let round = 0; round < 30; round += 1) {
		api.core.recordMany(100, labels);
		await eventually(t, "the lively reader follows", () => lively.seqs().length === (round + 1) * 100);
	}
	await eventually(t, "one reader is left", () => api.core.listeners.size === 1 && dropped(api) !== undefined);
	t.deepEqual(lively.seqs(), range(1, 3000));

	stalled.socket.resume();
	await eventually(t, "the stalled reader hears why", () => stalled.closed.length === 1);
	const got = stalled.seqs();
	t.deepEqual(got, range(1, got.length), "what was sent before is whole");
	t.true(got.length < 3000, "not everything was buffered for it");
	t.deepEqual(stalled.closed, [{ code: 1013, reason: `too slow; resume with after=${got.length}` }]);
	t.regex(await api.metrics.text(), /rollcall_stream_readers_dropped_total\{reason="too-slow"\} 1/);

	const resumed = open(t, `${url}/v1/events?after=${got.length}`);
	await eventually(t, "the rest", () => resumed.seqs().length === 3000 - got.length);
	t.deepEqual(resumed.seqs(), range(got.length + 1, 3000));
});

function dropped(api: TestApi): string | undefined {
	return /a reader of the event stream was dropped/.exec(api.logged())?.[0];
}

test("a reader that does not answer pings is dropped", async (t) => {
	const { api, url } = await started(t, { limits: { pingMs: 50, readerCloseMs: 50 } });
	const client = open(t, `${url}/v1/events`, { headers: bearer(TOKENS.read), autoPong: false } as ClientOptions);
	await eventually(t, "it is dropped", () => client.closed.length === 1);
	t.regex(client.closed[0]?.reason ?? "", /no pong/);
	t.is(api.core.listeners.size, 0, "nobody reads, so nobody listens");
});

test.serial("a reader that answers pings stays", async (t) => {
	const { url } = await started(t, { limits: { pingMs: 300 } });
	const client = open(t, `${url}/v1/events`);
	let pings = 0;
	client.socket.on("ping", () => {
		pings += 1;
	});
	await eventually(t, "four pings", () => pings >= 4);
	t.deepEqual(client.closed, []);
});

test("a reader whose token is revoked is dropped at once", async (t) => {
	const { api, url } = await started(t);
	const client = open(t, `${url}/v1/events`);
	const other = open(t, `${url}/v1/events`, { headers: bearer(TOKENS.admin) });
	await eventually(t, "both read", () => client.frames.length === 1 && other.frames.length === 1);
	const token = api.core.state.tokens.get("t-read");
	if (token)
		api.core.state = { ...api.core.state, tokens: api.core.state.tokens.set("t-read", { ...token, revoked: true }) };
	api.core.record({ type: "token-revoked", tokenId: "t-read", by: "t-admin" });
	await eventually(t, "it is dropped", () => client.closed.length === 1);
	t.is(client.closed[0]?.code, 1008);
	t.deepEqual(other.closed, []);
});

test.serial("a reader whose token expires is dropped at the next ping", async (t) => {
	const { api, url } = await started(t, { limits: { pingMs: 300 } });
	const token = api.core.state.tokens.get("t-read");
	const expiresAt = api.clock.ms + 1000;
	if (token)
		api.core.state = { ...api.core.state, tokens: api.core.state.tokens.set("t-read", { ...token, expiresAt }) };
	const client = open(t, `${url}/v1/events`);
	await eventually(t, "it reads", () => client.frames.length === 1);
	api.clock.ms += 1000;
	await eventually(t, "it is dropped", () => client.closed.length === 1);
	t.is(client.closed[0]?.code, 1008);
});

test("a frame that is too large closes the socket, and so do too many", async (t) => {
	const { url } = await started(t);
	const large = open(t, `${url}/v1/events`);
	const many = open(t, `${url}/v1/events`);
	const few = open(t, `${url}/v1/events`);
	await eventually(t, "all read", () => [large, many, few].every(({ frames }) => frames.length === 1));
	few.socket.send("hello");
	large.socket.send("x".repeat(1025));
	for (let count = 0; count < 65; count += 1) many.socket.send("x");
	await eventually(t, "both are closed", () => large.closed.length === 1 && many.closed.length === 1);
	t.is(large.closed[0]?.code, 1009);
	t.is(many.closed[0]?.code, 1008);
	t.deepEqual(few.closed, []);
});

test("the stream is refused like any route: token, scope, origin, path, number", async (t) => {
	const { api, url } = await started(t);
	const headers = bearer(TOKENS.read);
	const events = `${url}/v1/events`;
	t.deepEqual(await refused(t, events, {}), { status: 401, code: "unauthorized" });
	t.deepEqual(await refused(t, `${events}?token=${TOKENS.read}`, {}), { status: 401, code: "unauthorized" });
	t.deepEqual(await refused(t, events, { headers: bearer(TOKENS.revoked) }), { status: 403, code: "token-revoked" });
	t.deepEqual(await refused(t, events, { headers: bearer(TOKENS.enroll) }), { status: 403, code: "forbidden" });
	t.deepEqual(await refused(t, events, { headers, origin: "https://evil.example" }), {
		status: 403,
		code: "forbidden",
	});
	t.deepEqual(await refused(t, `${url}/v1/machines`, { headers }), { status: 404, code: "not-found" });
	t.deepEqual(await refused(t, `${url}//`, { headers }), { status: 404, code: "not-found" });
	t.deepEqual(await refused(t, `${events}?after=x`, { headers }), { status: 400, code: "bad-request" });
	t.deepEqual(await refused(t, `${events}?after=1`, { headers }), { status: 409, code: "conflict" });
	api.core.isReady = false;
	t.deepEqual(await refused(t, `${events}?after=1`, { headers }), { status: 503, code: "not-ready" });
	t.is(api.core.listeners.size, 0);
});

test("a page of an allowed origin may read", async (t) => {
	const { url } = await started(t);
	const client = open(t, `${url}/v1/events`, { headers: bearer(TOKENS.read), origin: "https://fleet.example" });
	await eventually(t, "it reads", () => client.frames.length === 1);
	t.pass();
});

test("there are only so many readers", async (t) => {
	const { url } = await started(t, { limits: { readers: 2 } });
	const clients = [open(t, `${url}/v1/events`), open(t, `${url}/v1/events`)];
	await eventually(t, "two read", () => clients.every(({ frames }) => frames.length === 1));
	t.deepEqual(await refused(t, `${url}/v1/events`, { headers: bearer(TOKENS.read) }), {
		status: 429,
		code: "too-many-requests",
	});
	clients[0]?.socket.close();
	await eventually(t, "one is gone", () => clients[0]?.closed.length === 1);
	const next = open(t, `${url}/v1/events`);
	await eventually(t, "there is room again", () => next.frames.length === 1);
	t.pass();
});

test("a log that was begun again ends the stream and says so", async (t) => {
	const { api, url } = await started(t);
	api.core.recordMany(5);
	const client = open(t, `${url}/v1/events`);
	await eventually(t, "it reads", () => client.frames.length === 1);
	api.core.log.length = 0;
	api.core.recordMany(1);
	await eventually(t, "it ends", () => client.closed.length === 1);
	t.regex(client.closed[0]?.reason ?? "", /begun again/);
});

test("a log that cannot be read ends the stream, and says where to go on", async (t) => {
	const { api, url } = await started(t);
	api.core.recordMany(5);
	api.core.events = () => Promise.reject(new Error("no"));
	const client = open(t, `${url}/v1/events?after=2`);
	await eventually(t, "it ends", () => client.closed.length === 1);
	t.deepEqual(client.closed, [{ code: 1011, reason: "the log cannot be read; resume with after=2" }]);
});

test("a log with a hole ends the stream: no event is left out in silence", async (t) => {
	const { api, url } = await started(t);
	api.core.recordMany(5);
	api.core.events = async (after, limit) => api.core.log.filter(({ seq }) => seq > after && seq !== 4).slice(0, limit);
	const client = open(t, `${url}/v1/events?after=0`);
	await eventually(t, "it ends", () => client.closed.length === 1);
	t.deepEqual(client.seqs(), [1, 2, 3]);
	t.deepEqual(client.closed, [{ code: 1011, reason: "the log cannot be read; resume with after=3" }]);
});

test("closing the app ends the streams and tells where to go on", async (t) => {
	const { api, url } = await started(t);
	api.core.recordMany(4);
	const client = open(t, `${url}/v1/events?after=0`);
	await eventually(t, "it reads", () => client.frames.length === 5);
	await api.app.close();
	await eventually(t, "it ends", () => client.closed.length === 1);
	t.deepEqual(client.closed, [{ code: 1001, reason: "the coordinator stops; resume with after=4" }]);
	t.is(api.core.listeners.size, 0);
});

test("another upgrade is answered as the plain request that it is too", async (t) => {
	const { url } = await started(t);
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	t.teardown(() => socket.destroy());
	let answer = "";
	socket.on("data", (chunk) => {
		answer += chunk;
	});
	socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n");
	await eventually(t, "an answer", () => answer.includes('{"ok":true}'));
	t.true(answer.startsWith("HTTP/1.1 200"));
});

test("a handshake that is none is refused with a problem", async (t) => {
	const { url } = await started(t);
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	t.teardown(() => socket.destroy());
	let answer = "";
	socket.on("data", (chunk) => {
		answer += chunk;
	});
	const { authorization } = bearer(TOKENS.read);
	socket.write(
		`GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n`,
	);
	await eventually(t, "an answer", () => answer.includes("bad-request"));
	t.true(answer.startsWith("HTTP/1.1 400"));
});
