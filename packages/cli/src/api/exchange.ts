import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import { AUTHORITIES_HEADER } from "@rollcall/protocol";

/** One HTTP request, and whom it believes. */
export interface HttpRequest {
	readonly method: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | Uint8Array | undefined;
	readonly signal: AbortSignal;
	/** Whom an HTTPS server is believed by, PEM. */
	readonly authority?: string | undefined;
	/** The certificate and key, PEM, that an HTTPS server is shown where it asks. */
	readonly client?: { readonly cert: string; readonly key: string } | undefined;
	/** An answer that is longer is refused. */
	readonly mostBytes: number;
}

/** What came back. */
export interface HttpAnswer {
	readonly status: number;
	readonly text: string;
	/** Which authorities the server introduces, as it says so. */
	readonly introduced?: string;
}

/** What came is longer than the request allows. */
export class TooLong extends Error {
	override readonly name = "TooLong";
}

/**
 * One request and its whole answer, over `node:http`: loading `fetch` takes as long as Node's own start, twice. Redirects are not
 * followed, so that a token goes to one server only. Rejects with the reason of the signal, TooLong, or what the system says.
 */
export async function exchange(url: URL, request: HttpRequest): Promise<HttpAnswer> {
	const { method, body, signal, mostBytes } = request;
	// By require: an import asks for every name of the module, and one of node:http's is all of `fetch`.
	const load = createRequire(import.meta.url);
	const { request: open } = load(url.protocol === "https:" ? "node:https" : "node:http") as typeof import("node:https");
	const { authority, client } = request;
	const trust = {
		...(authority === undefined ? {} : { ca: authority }),
		...(client && { cert: client.cert, key: client.key }),
	};
	const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
	try {
		const answer = await new Promise<IncomingMessage>((resolve, reject) => {
			const sent = open(url, { method, headers: { ...request.headers, ...length }, signal, ...trust });
			sent.once("response", resolve);
			sent.once("error", reject);
			sent.end(body);
		});
		const chunks: Buffer[] = [];
		let bytes = 0;
		for await (const chunk of answer as AsyncIterable<Buffer>) {
			bytes += chunk.length;
			if (bytes > mostBytes) throw new TooLong("the answer is too large");
			chunks.push(chunk);
		}
		const introduced = answer.headers[AUTHORITIES_HEADER];
		return {
			status: answer.statusCode ?? 0,
			text: Buffer.concat(chunks).toString("utf8"),
			...(typeof introduced === "string" ? { introduced } : {}),
		};
	} catch (error) {
		throw signal.aborted ? signal.reason : error;
	}
}
