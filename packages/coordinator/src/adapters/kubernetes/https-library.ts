import { Agent, request } from "node:https";
import { type HttpLibrary, type RequestContext, ResponseContext, wrapHttpLibrary } from "@kubernetes/client-node";
import { messageOf } from "@rollcall/protocol";
import { KubernetesError } from "../../errors.ts";
import type { KubernetesAccess } from "../../ports/kubernetes.ts";
import { type LineStream, openLineStream, type StreamParts } from "./line-stream.ts";

/** One answer takes at most so long, in milliseconds. */
const TIMEOUT_MS = 10_000;
/** No answer that is asked for is larger: 500 nodes of 30 KiB have 15 MiB. */
const MOST_BYTES = 64 * 2 ** 20;

/** How the client speaks to the API servers, and how that ends. */
export interface HttpsLibrary {
	readonly library: HttpLibrary;
	/** One request in JSON, for what the client has no words for: paths that are no resources, parts of objects. */
	ask(request: Asked): Promise<{ readonly status: number; readonly text: string }>;
	/** A GET without an end, line by line, at a server that answers. It ends early when that server leaves another request unanswered. */
	stream(path: string, parts: StreamParts): LineStream;
	close(): void;
}

interface Asked {
	readonly method?: "PATCH" | "DELETE" | "POST" | undefined;
	readonly path: string;
	readonly body?: unknown;
	/** Of the body. */
	readonly type?: string;
	readonly accept?: string;
}

interface Sent {
	readonly method: string;
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | Buffer | undefined;
}

/**
 * HTTPS with the administrator's certificate, over connections that are kept: the client's own library opens one per request.
 * Follows no redirect. An API server that cannot be reached is passed over; the first that answers is asked first the next time.
 */
export function createHttpsLibrary({ servers, ca, cert, key, beforeChange }: KubernetesAccess): HttpsLibrary {
	const tls = { ca, cert, key, minVersion: "TLSv1.2" } as const;
	const agent = new Agent({ ...tls, keepAlive: true, maxSockets: 4 });
	/** What runs without an end takes no connection from what is asked meanwhile. */
	const streaming = new Agent(tls);
	const streams = new Set<{ readonly server: string; readonly stream: LineStream }>();
	let first = 0;

	async function send(sent: Sent) {
		let trouble = "no API server is known";
		const from = first;
		for (let turn = 0; turn < servers.length; turn++) {
			const index = (from + turn) % servers.length;
			const server = servers[index] ?? "";
			// The one before may have taken its time to say nothing.
			if (sent.method !== "GET") beforeChange?.();
			try {
				const answer = await sendTo(agent, server, sent);
				first = index;
				return answer;
			} catch (error) {
				trouble = `${server}: ${messageOf(error)}`;
				for (const one of streams) if (one.server === server) one.stream.end(new KubernetesError(trouble));
			}
		}
		throw new KubernetesError(trouble);
	}

	const library = wrapHttpLibrary({
		async send(context: RequestContext) {
			const { pathname, search } = new URL(context.getUrl());
			const body = context.getBody();
			const { status, headers, bytes } = await send({
				method: context.getHttpMethod(),
				path: `${pathname}${search}`,
				headers: context.getHeaders(),
				body: typeof body === "string" || Buffer.isBuffer(body) ? body : undefined,
			});
			const text = bytes.toString("utf8");
			const content = { text: async () => text, binary: async () => bytes, stream: () => null };
			return new ResponseContext(status, headers, content as unknown as ResponseContext["body"]);
		},
	});
	return {
		library,
		async ask({ method = "GET", path, body, type = "application/json", accept = "application/json" }) {
			const sent = body === undefined ? undefined : JSON.stringify(body);
			// Without its length the body of a DELETE would have no frame.
			const length = { "content-type": type, "content-length": String(Buffer.byteLength(sent ?? "")) };
			const headers = { accept, ...(sent === undefined ? {} : length) };
			const { status, bytes } = await send({ method, path, headers, body: sent });
			return { status, text: bytes.toString("utf8") };
		},
		stream(path, parts) {
			const server = servers[first] ?? "https://localhost";
			const stream = openLineStream(new URL(path, server), streaming, {
				...parts,
				onEnd(error, status) {
					streams.delete(entry);
					// Refused or unreachable: another server may do.
					if (error && servers[first] === server) first = (first + 1) % servers.length;
					parts.onEnd(error, status);
				},
			});
			const entry = { server, stream };
			streams.add(entry);
			return stream;
		},
		close() {
			for (const { stream } of streams) stream.end();
			agent.destroy();
			streaming.destroy();
		},
	};
}

function sendTo(agent: Agent, server: string, { method, path, headers, body }: Sent) {
	return new Promise<{ status: number; headers: Record<string, string>; bytes: Buffer }>((resolve, reject) => {
		const url = new URL(path, server);
		const outgoing = request(url, { method, headers, agent, signal: AbortSignal.timeout(TIMEOUT_MS) }, (answer) => {
			const chunks: Buffer[] = [];
			let length = 0;
			answer.on("data", (chunk: Buffer) => {
				chunks.push(chunk);
				length += chunk.length;
				if (length > MOST_BYTES) answer.destroy(new Error(`the answer has more than ${MOST_BYTES} bytes`));
			});
			answer.on("error", reject);
			answer.on("end", () => {
				const entries = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
				resolve({
					status: answer.statusCode ?? 0,
					headers: Object.fromEntries(entries),
					bytes: Buffer.concat(chunks),
				});
			});
		});
		outgoing.on("error", reject);
		outgoing.end(body);
	});
}
