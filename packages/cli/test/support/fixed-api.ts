import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Event, PROBLEM_STATUS, type Problem } from "@rollcall/protocol";
import { type WebSocket, WebSocketServer } from "ws";

/** A request as it came. */
export interface Seen {
	readonly method: string;
	readonly path: string;
	readonly body: unknown;
}

/** What the fake answers to `METHOD /path`: a body, or a problem. */
export type Fixed = unknown | { readonly problem: Problem } | ((seen: Seen) => unknown);

export const ADMIN_TOKEN = "rct_admin-token-of-the-test-0123456789";

/** A coordinator's API with fixed answers, over real HTTP and WebSocket. */
export class FixedApi {
	readonly seen: Seen[] = [];
	readonly events: { event: Event; text: string }[] = [];
	/** `after` of every WebSocket that was opened. */
	readonly opened: number[] = [];
	readonly openedUrls: string[] = [];
	readonly #answers: Record<string, Fixed>;
	readonly #http: Server;
	readonly #sockets = new WebSocketServer({ noServer: true });

	constructor(answers: Record<string, Fixed>) {
		this.#answers = answers;
		this.#http = createServer((request, response) => {
			void bodyOf(request).then((body) => {
				const { status, json } = this.#answer(request, body);
				response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
			});
		});
		this.#http.on("upgrade", (request, socket, head) => {
			if (!isAllowed(request)) {
				const body = JSON.stringify({ code: "unauthorized", message: "the token is not known" });
				socket.end(`HTTP/1.1 401 Refused\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
				return;
			}
			this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#stream(request, opened));
		});
	}

	async listen(): Promise<string> {
		await new Promise<void>((resolve) => this.#http.listen(0, "127.0.0.1", resolve));
		return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
	}

	async close(): Promise<void> {
		this.drop();
		this.#http.closeAllConnections();
		await new Promise((resolve) => this.#http.close(resolve));
	}

	/** Records an event and sends it to whoever listens. */
	emit(event: Event, text: string): void {
		this.events.push({ event, text });
		for (const socket of this.#sockets.clients) socket.send(JSON.stringify({ kind: "event", event, text }));
	}

	/** Breaks all event streams without a word. */
	drop(): void {
		for (const socket of this.#sockets.clients) socket.terminate();
	}

	/** Sends this text as it is to whoever listens. */
	sendRaw(text: string): void {
		for (const socket of this.#sockets.clients) socket.send(text);
	}

	#answer(request: IncomingMessage, body: unknown): { status: number; json: unknown } {
		const path = request.url ?? "";
		const seen = { method: request.method ?? "", path, body };
		this.seen.push(seen);
		if (!isAllowed(request)) return refused({ code: "unauthorized", message: "the token is not known" });
		const fixed = this.#answers[`${seen.method} ${path}`] ?? this.#answers[`${seen.method} ${path.split("?")[0]}`];
		if (fixed === undefined) {
			return refused({
				code: "unknown-machine",
				message: "no machine has this id",
				next: "rollcall machines lists them",
			});
		}
		const json = typeof fixed === "function" ? fixed(seen) : fixed;
		return isProblem(json) ? refused(json.problem) : { status: 200, json };
	}

	#stream(request: IncomingMessage, socket: WebSocket): void {
		const after = Number(new URL(request.url ?? "", "http://x").searchParams.get("after") ?? 0);
		this.opened.push(after);
		this.openedUrls.push(request.url ?? "");
		for (const frame of this.events.filter(({ event }) => event.seq > after)) {
			socket.send(JSON.stringify({ kind: "event", ...frame }));
		}
		socket.send(JSON.stringify({ kind: "caught-up", seq: this.events.at(-1)?.event.seq ?? 0 }));
	}
}

function isAllowed(request: IncomingMessage): boolean {
	return request.headers.authorization === `Bearer ${ADMIN_TOKEN}`;
}

function isProblem(json: unknown): json is { problem: Problem } {
	return typeof json === "object" && json !== null && "problem" in json;
}

function refused(problem: Problem): { status: number; json: unknown } {
	return { status: PROBLEM_STATUS[problem.code], json: problem };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	const text = Buffer.concat(chunks).toString();
	if (text === "") return undefined;
	return request.headers["content-type"] === "application/json" ? JSON.parse(text) : text;
}
