import { Problem, StreamFrame } from "@rollcall/protocol";
import { eventually, withDeadline } from "@rollcall/test-support/eventually";
import fc from "@rollcall/test-support/properties";
import test, { type ExecutionContext } from "ava";
import { type ClientOptions, WebSocket } from "ws";
import { type Bystander, startBystander } from "../../support/calm.ts";
import { startCoordinator, type TestCoordinator } from "../../support/coordinator.ts";
import { documentText, smallRole } from "../../support/documents.ts";
import { metric } from "../../support/metrics.ts";
import { rawConnection } from "../../support/raw-connection.ts";

const DOCUMENT = documentText({
	slots: [{ name: "w", role: "small", count: "rest" }],
	roles: { small: smallRole("one") },
});

interface Reader {
	readonly socket: WebSocket;
	readonly seqs: number[];
	/** The code that it was closed with. */
	readonly closed: Promise<number>;
}

/** Opens the event stream. Resolves with the refusal when the handshake is answered with one. */
function open(t: ExecutionContext, coordinator: TestCoordinator, path: string, options: ClientOptions = {}) {
	const headers = { authorization: `Bearer ${coordinator.token}` };
	const socket = new WebSocket(`${coordinator.url.replace("http", "ws")}${path}`, { headers, ...options });
	t.teardown(() => socket.terminate());
	const seqs: number[] = [];
	socket.on("message", (data) => {
		const frame = StreamFrame.parse(JSON.parse(String(data)));
		if (frame.kind === "event") seqs.push(frame.event.seq);
	});
	const closed = new Promise<number>((resolve) => socket.once("close", resolve));
	const opened = new Promise<Reader | Problem>((resolve, reject) => {
		socket.once("open", () => resolve({ socket, seqs, closed }));
		socket.once("unexpected-response", (_request, response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (chunk: string) => {
				text += chunk;
			});
			response.once("end", () => resolve(Problem.parse(JSON.parse(text))));
		});
		socket.once("error", reject);
	});
	return withDeadline(`the stream at ${path}`, opened);
}

async function reader(t: ExecutionContext, coordinator: TestCoordinator, path: string): Promise<Reader> {
	const opened = await open(t, coordinator, path);
	if ("socket" in opened) return opened;
	throw new Error(opened.message);
}

async function startScene(t: ExecutionContext): Promise<{ coordinator: TestCoordinator; bystander: Bystander }> {
	const coordinator = await startCoordinator(t, { document: DOCUMENT });
	return { coordinator, bystander: await startBystander(t, coordinator) };
}

test.serial("a stream that may not be opened is refused with a problem before it begins", async (t) => {
	const { coordinator, bystander } = await startScene(t);
	const code = async (path: string, options?: ClientOptions): Promise<string> => {
		const opened = await open(t, coordinator, path, options);
		return "code" in opened ? opened.code : "opened";
	};
	t.is(await code("/v1/events", { headers: {} }), "unauthorized");
	t.is(await code("/v1/events", { headers: { authorization: "Bearer nonsense" } }), "unauthorized");
	const enrollToken = await coordinator.enrollToken();
	t.is(await code("/v1/events", { headers: { authorization: `Bearer ${enrollToken}` } }), "forbidden");
	const authorization = `Bearer ${coordinator.token}`;
	t.is(await code("/v1/events", { headers: { authorization, origin: "http://evil.example" } }), "forbidden");
	t.is(await code("/v1/machines"), "not-found");
	t.is(await code("/v1/events?after=999999999"), "conflict");
	await fc.assert(
		fc.asyncProperty(fc.webQueryParameters(), async (query) => {
			t.is(await code(`/v1/events?${query}&after=not-a-number`), "bad-request");
		}),
		{ numRuns: 20 },
	);
	await bystander.assertCalm(["token-created", "change-made"]);
});

test.serial("a reader that sends frames of any kind loses its own stream at most; others miss nothing", async (t) => {
	const { coordinator, bystander } = await startScene(t);
	const calm = await reader(t, coordinator, "/v1/events");
	const before = (await coordinator.status()).seq;
	const large = await reader(t, coordinator, "/v1/events?after=0");
	large.socket.send("x".repeat(100_000));
	t.is(await withDeadline("the large frame to end its stream", large.closed), 1009);
	const chatty = await reader(t, coordinator, "/v1/events");
	for (let times = 0; times < 200; times++) chatty.socket.send("hello");
	t.is(await withDeadline("too many frames to end its stream", chatty.closed), 1008);
	const pinging = await reader(t, coordinator, "/v1/events");
	for (let times = 0; times < 2_000; times++) pinging.socket.ping();
	await withDeadline("too many pings to end its stream", pinging.closed);
	const frame = fc.oneof(fc.string({ maxLength: 900 }), fc.uint8Array({ maxLength: 900 }));
	await fc.assert(
		fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 60 }), async (frames) => {
			const noisy = await reader(t, coordinator, "/v1/events");
			for (const one of frames) noisy.socket.send(one);
			noisy.socket.ping();
			const pong = new Promise<string>((resolve) => noisy.socket.once("pong", () => resolve("pong")));
			const end = await withDeadline("a pong or the end", Promise.race([pong, noisy.closed]));
			t.true(end === "pong" || end === 1008, `${end}`);
			noisy.socket.terminate();
		}),
		{ numRuns: 20 },
	);
	t.true((await metric(coordinator, "rollcall_stream_readers_dropped_total")) >= 1);
	await coordinator.enrollToken();
	// Each event once and in order, that a token was made and used among them.
	await eventually("the other reader to hear of all that happened", async () => {
		const happened = (await coordinator.events()).flatMap(({ seq }) => (seq > before ? [seq] : []));
		return happened.length > 0 && calm.seqs.join() === happened.join();
	});
	calm.socket.close();
	await eventually("no reader to be left", async () =>
		(await metric(coordinator, "rollcall_stream_readers")) === 0 ? true : undefined,
	);
	await bystander.assertCalm(["token-created", "change-made"]);
});

test.serial("bytes that are no frames end the stream that they come on", async (t) => {
	const { coordinator, bystander } = await startScene(t);
	const { hostname } = new URL(coordinator.url);
	const handshake = [
		"GET /v1/events HTTP/1.1",
		`host: ${hostname}`,
		"upgrade: websocket",
		"connection: upgrade",
		"sec-websocket-version: 13",
		"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
		`authorization: Bearer ${coordinator.token}`,
		"\r\n",
	].join("\r\n");
	await fc.assert(
		fc.asyncProperty(fc.uint8Array({ minLength: 8, maxLength: 300 }), async (bytes) => {
			const socket = rawConnection(coordinator.url);
			t.teardown(() => socket.destroy());
			socket.on("error", () => {});
			const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
			socket.write(handshake);
			await withDeadline("the handshake", new Promise((resolve) => socket.once("data", resolve)));
			// Unmasked: RFC 6455, 5.1, has the server close the connection.
			socket.end(Buffer.concat([Buffer.of(0x82, 0x7e), bytes]));
			socket.resume();
			await withDeadline("the coordinator to close it", closed);
		}),
		{ numRuns: 30 },
	);
	await eventually("no reader to be left", async () => (await metric(coordinator, "rollcall_stream_readers")) === 0);
	await bystander.assertCalm();
});
