import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { type ClientOptions, WebSocket } from "ws";
import { TOKENS } from "./fixed-core.ts";
import { raw } from "./raw-connection.ts";
import { bearer } from "./setup.ts";
import { open, started } from "./stream-client.ts";

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

test("the stream is refused like any route: token, scope, origin, path, number", async (t) => {
	const { api, url } = await started(t);
	const headers = bearer(TOKENS.read);
	const events = `${url}/v1/events`;
	t.deepEqual(await refused(t, events, {}), { status: 401, code: "unauthorized" });
	t.deepEqual(await refused(t, `${events}?token=${TOKENS.read}`, {}), { status: 401, code: "unauthorized" });
	t.deepEqual(await refused(t, events, { headers: bearer(TOKENS.revoked) }), { status: 401, code: "token-revoked" });
	t.deepEqual(await refused(t, events, { headers: bearer(TOKENS.enroll) }), { status: 403, code: "forbidden" });
	for (const origin of ["https://evil.example", url, "null"])
		t.deepEqual(await refused(t, events, { headers, origin }), { status: 403, code: "forbidden" });
	t.deepEqual(await refused(t, `${url}/v1/machines`, { headers }), { status: 404, code: "not-found" });
	t.deepEqual(await refused(t, `${url}//`, { headers }), { status: 404, code: "not-found" });
	t.deepEqual(await refused(t, `${events}?after=x`, { headers }), { status: 400, code: "bad-request" });
	t.deepEqual(await refused(t, `${events}?after=1`, { headers }), { status: 409, code: "conflict" });
	api.core.isReady = false;
	t.deepEqual(await refused(t, `${events}?after=1`, { headers }), { status: 503, code: "not-ready" });
	t.is(api.core.listeners.size, 0);
});

test("there are only so many readers", async (t) => {
	const { url } = await started(t, { limits: { readers: 2 } });
	const clients = [open(t, `${url}/v1/events`), open(t, `${url}/v1/events`)];
	await eventually("two read", () => clients.every(({ frames }) => frames.length === 1));
	t.deepEqual(await refused(t, `${url}/v1/events`, { headers: bearer(TOKENS.read) }), {
		status: 429,
		code: "too-many-requests",
	});
	clients[0]?.socket.close();
	await eventually("one is gone", () => clients[0]?.closed.length === 1);
	const next = open(t, `${url}/v1/events`);
	await eventually("there is room again", () => next.frames.length === 1);
	t.pass();
});

test("another upgrade is answered as the plain request that it is too", async (t) => {
	const { url } = await started(t);
	const { socket, answer } = raw(t, url);
	socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n");
	await eventually("an answer", () => answer().includes('{"ok":true}'));
	t.true(answer().startsWith("HTTP/1.1 200"));
});

test("a handshake that is none is refused with a problem", async (t) => {
	const { url } = await started(t);
	const { socket, answer } = raw(t, url);
	const { authorization } = bearer(TOKENS.read);
	socket.write(
		`GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n`,
	);
	await eventually("an answer", () => answer().includes("bad-request"));
	t.true(answer().startsWith("HTTP/1.1 400"));
});
