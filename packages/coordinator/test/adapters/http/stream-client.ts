import type { StreamFrame } from "@rollcall/protocol";
import type { ExecutionContext } from "ava";
import { type ClientOptions, WebSocket } from "ws";
import { listen } from "../../../src/adapters/http/listen.ts";
import { TOKENS } from "./fixed-core.ts";
import { bearer, type TestApi, type TestWish, testApi } from "./setup.ts";

/** An API that listens, and the address of its WebSockets. */
export async function started(t: ExecutionContext, wish: TestWish = {}): Promise<{ api: TestApi; url: string }> {
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

/** A reader of the event stream that keeps all frames, and how it was closed. */
export function open(
	t: ExecutionContext,
	url: string,
	options: ClientOptions = { headers: bearer(TOKENS.read) },
): Client {
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

/** The numbers from `from` to `to`, both included. */
export const range = (from: number, to: number): number[] =>
	Array.from({ length: to - from + 1 }, (_, index) => from + index);
