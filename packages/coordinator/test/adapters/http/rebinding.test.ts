import { Problem } from "@rollcall/protocol";
import test from "ava";
import { WebSocket } from "ws";
import { EVERY_ROUTE } from "./every-route.ts";
import { TOKENS } from "./fixed-core.ts";
import { raw } from "./raw-connection.ts";
import { bearer, testApi } from "./setup.ts";
import { started } from "./stream-client.ts";

const HANDSHAKE = [
	"connection: Upgrade",
	"upgrade: websocket",
	"sec-websocket-version: 13",
	"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
];
const EVIL = "evil.example:7420";

test("no route answers a page whose name was switched to this address, with a good token or without one", async (t) => {
	const { app, core } = testApi(t, { config: { metricsOnLoopback: true } });
	for (const { name, request } of EVERY_ROUTE)
		for (const token of [{}, bearer(TOKENS.admin)]) {
			const headers = { ...request.headers, ...token, host: EVIL };
			const response = await app.inject({ ...request, headers });
			t.is(response.statusCode, 421, name);
			t.is(Problem.parse(response.json()).code, "wrong-host");
		}
	t.is((await app.inject({ url: "/nothing", headers: { host: EVIL } })).statusCode, 421);
	t.deepEqual(core.inputs, []);
});

test("nor does the event stream", async (t) => {
	const { url } = await started(t);
	const status = await new Promise((resolve) => {
		const socket = new WebSocket(`${url}/v1/events`, { headers: { ...bearer(TOKENS.read), host: EVIL } });
		socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
		socket.on("open", () => resolve("open"));
		socket.on("error", () => {});
		t.teardown(() => socket.terminate());
	});
	t.is(status, 421);
});

test("the event stream refuses who names no host, which every WebSocket client does", async (t) => {
	const { url } = await started(t);
	for (const version of ["1.1", "1.0"])
		for (const host of [[], ["host:"]]) {
			const { socket, ended } = raw(t, url);
			const { authorization } = bearer(TOKENS.read);
			const headers = [...host, ...HANDSHAKE, `authorization: ${authorization}`];
			socket.write(`GET /v1/events HTTP/${version}\r\n${headers.join("\r\n")}\r\n\r\n`);
			const answer = await ended;
			t.regex(answer, /^HTTP\/1\.1 421 /);
			const problem = Problem.parse(JSON.parse(answer.split("\r\n\r\n")[1] ?? ""));
			t.like(problem, { code: "wrong-host", path: "host" });
			t.regex(problem.message, /names no host/);
		}
});

test("metrics are open to programs on this host alone, not to what a proxy here passes on", async (t) => {
	const { app } = testApi(t, { config: { metricsOnLoopback: true } });
	t.is((await app.inject({ url: "/metrics" })).statusCode, 200);
	for (const headers of [{ "x-forwarded-for": "192.0.2.7" }, { forwarded: "for=192.0.2.7" }, { via: "1.1 proxy" }])
		t.is((await app.inject({ url: "/metrics", headers })).statusCode, 401);
});

test("the probes say one word to anybody who may be here", async (t) => {
	const { app, core } = testApi(t);
	t.deepEqual((await app.inject({ url: "/healthz", remoteAddress: "192.0.2.7" })).json(), { ok: true });
	core.isReady = false;
	const response = await app.inject({ url: "/readyz", remoteAddress: "192.0.2.7" });
	t.is(response.statusCode, 503);
	t.false(response.body.includes("secret-path"));
});
