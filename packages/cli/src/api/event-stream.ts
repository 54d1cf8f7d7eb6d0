import { setTimeout as delay } from "node:timers/promises";
import { distrustReason, Problem, readStreamFrame, type StreamFrame } from "@rollcall/protocol";
import { WebSocket } from "ws";
import type { Connection } from "../configuration/connection.ts";
import { Failure, failureOf } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { reasonOf, unreachable } from "./client.ts";
import { type EventFilter, filterQuery } from "./events.ts";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** An event can hold a whole cluster document. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** The coordinator pings every 15 s; silence for longer means that the connection is dead. */
const SILENCE_MS = 45_000;

/** What of the event stream is wanted, and until when. */
export interface FollowOptions {
	/** Events behind this number. */
	readonly after: number;
	/** What the coordinator is to leave out. */
	readonly filter?: EventFilter | undefined;
	readonly signal: AbortSignal;
	readonly onFrame: (frame: StreamFrame) => void;
	/** The connection was lost, or could not be made; another try follows. */
	readonly onLost?: (reason: string) => void;
	/** Connected again after a loss. */
	readonly onBack?: () => void;
	/** True: the first connection is tried again, too. */
	readonly patient?: boolean;
}

/**
 * Follows the event stream until the signal is aborted: every event once, in order. A lost connection is made again from
 * the last event that came. Throws Failure when the coordinator refuses, or cannot be reached the first time.
 */
export async function followEvents(connection: Connection, options: FollowOptions): Promise<void> {
	let last = options.after;
	let wait = FIRST_WAIT_MS;
	let reached = options.patient ?? false;
	let lost = false;
	while (!options.signal.aborted) {
		const end = await oneConnection(connection, {
			after: last,
			filter: options.filter,
			signal: options.signal,
			onOpen: () => {
				reached = true;
				wait = FIRST_WAIT_MS;
				if (lost) options.onBack?.();
				lost = false;
			},
			onFrame: (frame) => {
				if (frame.kind === "event") {
					if (frame.event.seq <= last) return true;
					// Numbers have no gaps but what was left out: something was lost on the way, so it is asked for again.
					if (!options.filter && frame.event.seq > last + 1) return false;
					last = frame.event.seq;
				}
				options.onFrame(frame);
				return true;
			},
		});
		if (options.signal.aborted) return;
		if (end instanceof Failure) throw end;
		if (!reached) throw unreachable(connection, end);
		if (!lost) options.onLost?.(end);
		lost = true;
		await delay(wait * (0.5 + Math.random()), undefined, { signal: options.signal }).catch(() => undefined);
		wait = Math.min(wait * 2, LONGEST_WAIT_MS);
	}
}

interface OneConnection {
	readonly after: number;
	readonly filter?: EventFilter | undefined;
	readonly signal: AbortSignal;
	readonly onOpen: () => void;
	/** False: something is missing, end this connection. */
	readonly onFrame: (frame: StreamFrame) => boolean;
}

/** One WebSocket from opening to its end. Resolves to why it ended; a Failure when trying again is of no use. */
function oneConnection(connection: Connection, options: OneConnection): Promise<string | Failure> {
	const { server, token, authority, client } = connection;
	return new Promise((resolve) => {
		const query = filterQuery(options.filter);
		query.set("after", String(options.after));
		const url = new URL(`/v1/events?${query}`, server);
		url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
		const socket = new WebSocket(url, {
			maxPayload: MAX_FRAME_BYTES,
			handshakeTimeout: 10_000,
			followRedirects: false,
			...(authority === undefined ? {} : { ca: authority }),
			...(client && { cert: client.cert, key: client.key }),
			...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
		});
		let end: string | Failure = "the connection was closed";
		let silence: NodeJS.Timeout | undefined;
		const heard = () => {
			clearTimeout(silence);
			silence = setTimeout(() => {
				end = `nothing was heard for ${SILENCE_MS / 1000} s`;
				socket.terminate();
			}, SILENCE_MS);
		};
		const stop = () => socket.terminate();
		options.signal.addEventListener("abort", stop, { once: true });
		socket.on("open", () => {
			heard();
			options.onOpen();
		});
		socket.on("ping", heard);
		socket.on("message", (payload, isBinary) => {
			heard();
			const frame = isBinary ? undefined : readStreamFrame(String(payload));
			if (frame && !options.onFrame(frame)) {
				end = "an event was missing";
				socket.terminate();
			}
		});
		socket.on("unexpected-response", (_request, response) => {
			let body = "";
			response.setEncoding("utf8");
			response.on("data", (chunk: string) => {
				if (body.length < 16_384) body += chunk;
			});
			response.on("close", () => {
				end = refusal(response.statusCode ?? 0, body);
				socket.terminate();
			});
		});
		socket.on("error", (error) => {
			if (distrustReason(error) !== undefined) end = unreachable(connection, reasonOf(error), error);
			else if (end === "the connection was closed") end = reasonOf(error);
		});
		socket.on("close", (code, reason) => {
			clearTimeout(silence);
			options.signal.removeEventListener("abort", stop);
			// 1008: the coordinator does not want us any more (RFC 6455, 7.4.1). 1013 and all others: come again.
			if (code === 1008) end = new Failure(`the coordinator ended the event stream: ${String(reason)}`);
			else if (reason.length > 0) end = String(reason);
			resolve(end);
		});
		if (options.signal.aborted) stop();
	});
}

/** A refused handshake. What may be over soon (no leader, too many readers) is worth another try; a wrong token is not. */
function refusal(status: number, body: string): string | Failure {
	let json: unknown;
	try {
		json = JSON.parse(body);
	} catch {
		json = undefined;
	}
	const problem = Problem.safeParse(json);
	if (!problem.success) return `it answered ${status}`;
	if (status >= 500 || status === 429) return problem.data.message;
	const failure = failureOf(problem.data);
	return failure.exit === EXIT.timeout ? problem.data.message : failure;
}
