import { setTimeout as sleep } from "node:timers/promises";
import {
	type Authenticator,
	AuthorizationError,
	connect,
	type NatsConnection,
	type Status,
} from "@nats-io/transport-node";
import { distrustReason } from "@rollcall/protocol";
import { BusRefused } from "../../errors.ts";
import type { Secured } from "./bus-tls.ts";
import { reconnectRule } from "./reconnect.ts";

const FIRST_PAUSE_MS = 200;
/** Between two attempts to come back to one server. */
const RETRY_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** A server that starts anew may refuse everybody for a moment, before it has read its accounts. */
const REFUSED_FOR_MS = 3_000;

/** Which servers to connect to, and as whom. */
export interface ConnectOptions {
	readonly servers: readonly string[];
	readonly authenticator: Authenticator;
	readonly secured: Secured;
	/** Shown by the server's tools. */
	readonly name: string;
	/** Told of everything that happens to the connection, in words for a log. */
	readonly onStatus?: (status: { readonly connected: boolean; readonly text: string }) => void;
	/** For how long to try until the first connection, in milliseconds; once without it. */
	readonly patienceMs?: number;
	/** Ends the trying. */
	readonly signal?: AbortSignal;
}

type ConnectionEvent = "disconnect" | "reconnect";

/** A coordinator's connection: it comes back by itself for ever, until it is closed. */
export interface BusConnection {
	readonly nc: NatsConnection;
	connected(): boolean;
	/** How often it was lost and came back. */
	reconnects(): number;
	/** Calls back every time that the connection is lost, or is there again. Returns how to stop. */
	on(event: ConnectionEvent, listener: () => void): () => void;
	close(): Promise<void>;
}

/** Connects a coordinator. Throws BusRefused, or an Error that names the servers. */
export async function connectBus(options: ConnectOptions): Promise<BusConnection> {
	const nc = await firstConnection(options);
	const listeners = { disconnect: new Set<() => void>(), reconnect: new Set<() => void>() };
	let connected = true;
	let reconnects = 0;
	void watch(nc, (status) => {
		const event = status.type === "close" ? "disconnect" : status.type;
		if (event === "disconnect" || event === "reconnect") {
			connected = event === "reconnect";
			if (connected) reconnects += 1;
			for (const listener of listeners[event]) listener();
		}
		const text = inWords(status);
		if (text) options.onStatus?.({ connected, text });
	});
	return {
		nc,
		connected: () => connected && !nc.isClosed(),
		reconnects: () => reconnects,
		on: (event, listener) => {
			listeners[event].add(listener);
			return () => listeners[event].delete(listener);
		},
		close: () => nc.close(),
	};
}

async function firstConnection(options: ConnectOptions): Promise<NatsConnection> {
	const { patienceMs = 0, signal } = options;
	const begun = performance.now();
	let refusedSince: number | undefined;
	for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
		try {
			return await connect({
				servers: [...options.servers],
				authenticator: options.authenticator,
				...options.secured,
				name: options.name,
				timeout: 5_000,
				...reconnectRule(RETRY_MS),
				// Later, too, a server that starts anew may refuse us for a moment.
				ignoreAuthErrorAbort: true,
				pingInterval: 10_000,
				maxPingOut: 2,
				// Else each question makes an error for its trace, asked or not.
				noAsyncTraces: true,
			});
		} catch (error) {
			const now = performance.now();
			const servers = `NATS at ${options.servers.join(", ")}`;
			if (isRefusal(error)) {
				refusedSince ??= now;
				if (patienceMs === 0 || now - refusedSince >= REFUSED_FOR_MS)
					throw new BusRefused(`${servers} refuses the coordinator's user: ${(error as Error).message}`, {
						cause: error,
					});
			} else refusedSince = undefined;
			const text = `${servers} cannot be reached: ${distrustReason(error) ?? (error as Error).message}`;
			if (signal?.aborted || now - begun >= patienceMs) throw new Error(text, { cause: error });
			options.onStatus?.({ connected: false, text: `${text}; trying again in ${pause} ms` });
			await sleep(pause, undefined, { signal }).catch(() => {});
		}
	}
}

/** A client that was too slow to say who it is was not refused; the library has one class for both. */
function isRefusal(error: unknown): boolean {
	return error instanceof AuthorizationError && !/timeout/i.test(error.message);
}

async function watch(nc: NatsConnection, take: (status: Status) => void): Promise<void> {
	for await (const status of nc.status()) take(status);
}

function inWords(status: Status): string | undefined {
	switch (status.type) {
		case "disconnect":
			return `lost the connection to ${status.server}`;
		case "reconnect":
			return `connected to ${status.server} again`;
		case "staleConnection":
			return "the server does not answer any more";
		case "slowConsumer":
			return `messages on ${status.sub.getSubject()} wait: ${status.pending}`;
		case "ldm":
			return `${status.server} is about to stop`;
		case "error":
			return status.error.message;
		case "close":
			return "the connection is closed";
		default:
			return undefined;
	}
}
