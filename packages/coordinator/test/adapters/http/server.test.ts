import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { listen } from "../../../src/adapters/http/listen.ts";
import { TOKENS } from "./fixed-core.ts";
import { raw } from "./raw-connection.ts";
import { bearer, type TestWish, testApi } from "./setup.ts";

// It waits for limits of time that the server has, so that it runs in a process of its own.

async function started(t: ExecutionContext, wish: TestWish = {}): Promise<string> {
	return listen(testApi(t, wish).app);
}

test("by default only this host can connect", async (t) => {
	t.regex(await started(t), /^http:\/\/127\.0\.0\.1:\d+$/);
});

test("a port that is taken is named", async (t) => {
	const url = await started(t);
	const port = Number(new URL(url).port);
	await t.throwsAsync(listen(testApi(t).app, { port }), { message: new RegExp(`127\\.0\\.0\\.1 port ${port}`) });
});

test("a request whose headers never end is cut off", async (t) => {
	const url = await started(t, { limits: { headersTimeoutMs: 100, requestTimeoutMs: 200, connectionCheckMs: 20 } });
	const { socket, ended } = raw(t, url);
	socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\n");
	t.regex(await ended, /^HTTP\/1\.1 400 .*took too long/s);
});

test("a body that never ends is cut off", async (t) => {
	const url = await started(t, { limits: { headersTimeoutMs: 100, requestTimeoutMs: 200, connectionCheckMs: 20 } });
	const { socket, ended } = raw(t, url);
	socket.write("POST /v1/enroll HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{");
	t.regex(await ended, /^HTTP\/1\.1 4\d\d /);
});

test("headers that are too large are refused with a problem", async (t) => {
	const url = await started(t);
	const { socket, ended } = raw(t, url);
	socket.write(`GET /healthz HTTP/1.1\r\nhost: x\r\nx-padding: ${"x".repeat(20_000)}\r\n\r\n`);
	t.regex(await ended, /^HTTP\/1\.1 413 .*"too-large"/s);
});

test("what is not HTTP is refused with a problem", async (t) => {
	const { socket, ended } = raw(t, await started(t));
	socket.write("\u0016\u0003\u0001\u0002 hello\r\n\r\n");
	t.regex(await ended, /^HTTP\/1\.1 400 .*"bad-request"/s);
});

test("an unauthenticated caller's body is not read", async (t) => {
	const url = await started(t);
	const { socket, answer } = raw(t, url);
	socket.write(
		"PUT /v1/cluster HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n",
	);
	await eventually("the refusal", () => answer().includes("unauthorized"));
	t.regex(answer(), /^HTTP\/1\.1 401 /, "the answer came before the body");
});

test("connections above the bound are not taken", async (t) => {
	const url = await started(t, { limits: { connections: 2 } });
	const first = raw(t, url);
	const second = raw(t, url);
	for (const { socket } of [first, second]) await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
	const third = raw(t, url);
	t.is(await third.ended, "");
});

test("an address that asks too often is told when to come back", async (t) => {
	const { app, clock } = testApi(t, { limits: { requests: { burst: 2, perSecond: 1 } } });
	const get = () => app.inject({ url: "/v1/status", headers: bearer(TOKENS.read) });
	t.is((await get()).statusCode, 200);
	t.is((await get()).statusCode, 200);
	t.is((await get()).statusCode, 429);
	clock.ms += 1000;
	t.is((await get()).statusCode, 200);
});
