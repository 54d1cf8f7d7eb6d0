import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { type ApiDependencies, buildApp, EMPTY_FLEET } from "@rollcall/coordinator/parsers";
import { Problem, readStreamFrame, sha256Of } from "@rollcall/protocol";
import { stretched } from "@rollcall/test-support/stretch";
import { bytesOf, holds, type Outcome, type Parser, refused, TAKEN } from "../parser.ts";
import { framesIn, SETUP, STREAM_SEEDS, TOKEN } from "./seed-stream.ts";

/** A connection whose client has said all ends within that time. */
const ENDS_MS = stretched(8_000);
/** No client is worth more bytes than it sent itself, and some answers. */
const MOST_BYTES = 256 * 1024;

interface Listener {
	readonly port: number;
	/** What was logged as a fault of ours. */
	readonly faults: string[];
	readonly readers: () => number;
}
let listener: Promise<Listener> | undefined;

/** The API as it ships, with an empty fleet. */
async function listen(): Promise<Listener> {
	const faults: string[] = [];
	let readers = 0;
	const quiet = (): void => {};
	const error = (told: { readonly err?: unknown }): void =>
		void faults.push(String((told.err as Error | undefined)?.stack ?? told));
	const log = { level: "error", fatal: error, error, warn: quiet, info: quiet, debug: quiet, trace: quiet };
	const logger = { ...log, child: () => logger };
	const now = (): number => Date.now();
	const parts = {
		log: logger,
		core: {
			fleet: () => EMPTY_FLEET,
			leadership: () => ({ leads: true }),
			ready: () => ({ ready: true }),
			subscribe: () => quiet,
			events: async () => [],
		},
		clock: { now, wall: now, monotonic: now },
		metrics: {
			...{ http: quiet, enrollmentRefused: quiet, readerDropped: quiet, text: async () => "" },
			readers: (count: number) => {
				readers = count;
			},
		},
		access: { used: quiet, refused: quiet },
		config: {
			...{ coordinatorId: "c-1", version: "0", adminTokenHash: sha256Of(TOKEN), adminTokenMadeAt: now() },
			...{ metricsOnLoopback: false, hosts: new Set(["localhost"]), allowedOrigins: [] },
		},
		limits: {
			requests: { burst: 1e9, perSecond: 1e9 },
			refusals: { burst: 1e9, perSecond: 1e9 },
			...{ readers: 4, readerCloseMs: 500 },
		},
	};
	const app = buildApp(parts as unknown as ApiDependencies);
	await app.listen({ host: "127.0.0.1", port: 0 });
	app.server.unref();
	return { port: (app.server.address() as { port: number }).port, faults, readers: () => readers };
}

/** Says these bytes on a connection of its own, and gives what came until its end. */
async function say(port: number, bytes: Uint8Array): Promise<Buffer> {
	const socket = connect({ host: "127.0.0.1", port });
	const chunks: Buffer[] = [];
	let length = 0;
	socket.on("error", () => {});
	socket.on("data", (chunk: Buffer) => {
		length += chunk.length;
		if (length <= MOST_BYTES) chunks.push(chunk);
	});
	const late = globalThis.setTimeout(() => socket.destroy(new Error("late")), ENDS_MS);
	const closed = once(socket, "close");
	// What is behind the handshake comes apart from it, as from a client that waits for the answer.
	const head = Buffer.from(bytes).indexOf("\r\n\r\n") + 4;
	socket.write(bytes.subarray(0, head));
	await setTimeout(2);
	socket.end(bytes.subarray(head));
	await closed;
	holds(socket.errored?.message !== "late", `the connection is open ${ENDS_MS} ms after its client said all`);
	clearTimeout(late);
	holds(length <= MOST_BYTES, `the answer has ${length} bytes`);
	return Buffer.concat(chunks);
}

/** What the API answered: a stream that was opened and how that ended, a problem, or nothing where the client said nothing whole. */
function judged(answer: Buffer): Outcome {
	if (answer.length === 0) return refused("no answer");
	const text = answer.toString("latin1");
	const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
	holds(status !== undefined, `the answer is no HTTP: ${JSON.stringify(text.slice(0, 80))}`);
	holds(status !== "500", `it is answered with ${text.slice(0, 200)}`);
	const body = text.indexOf("\r\n\r\n") + 4;
	if (status !== "101") {
		if (/^HTTP\/1\.1 100 /.test(text)) return refused("100");
		const problem = /\r\ncontent-type: application\/problem\+json/i.test(text.slice(0, body));
		if (!problem) return refused(status);
		const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
		const { code } = Problem.parse(JSON.parse(answer.subarray(body, body + length).toString("utf8")));
		return refused(`${status} ${code}`);
	}
	const frames = framesIn(answer.subarray(body));
	holds(frames !== undefined, "what the stream says are no frames of a server");
	for (const { opcode, payload } of frames)
		holds(
			opcode !== 1 || readStreamFrame(payload.toString("utf8")) !== undefined,
			"a text of the stream is none of ours",
		);
	const end = frames.find(({ opcode }) => opcode === 8);
	const code = end && end.payload.length >= 2 ? end.payload.readUInt16BE(0) : undefined;
	return code === undefined || code === 1000 ? TAKEN : refused(`101, ended with ${code}`);
}

/** An input is all that a client says on a connection to the API: a request to upgrade, and frames behind it. */
export const STREAM_PARSERS: readonly Parser[] = [
	{
		name: "stream",
		seeds: () => STREAM_SEEDS,
		async feed(bytes) {
			listener ??= listen();
			const { port, faults, readers } = await listener;
			const outcome = judged(await say(port, bytes));
			holds(faults.length === 0, `the API logged a fault: ${faults.splice(0)[0]}`);
			// The client sees the end before the coordinator does.
			for (const end = performance.now() + ENDS_MS; readers() > 0 && performance.now() < end; ) await setTimeout(5);
			holds(readers() === 0, `${readers()} readers are left when their connection is gone`);
			const next = judged(await say(port, bytesOf(SETUP)));
			holds("taken" in next, `the next reader is not served: ${JSON.stringify(next)}`);
			return outcome;
		},
	},
];
