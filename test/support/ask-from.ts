import { request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { stretched } from "@rollcall/test-support/stretch";

/** One HTTP request as it goes over the wire: the path is sent as it is, also where no URL could hold it. */
export interface WireRequest {
	readonly method?: string;
	readonly path: string;
	readonly headers?: OutgoingHttpHeaders;
	readonly body?: string | Uint8Array;
	/** The loopback address that it comes from, since limits count by address. */
	readonly from?: string;
}

export interface WireAnswer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly text: string;
}

/** Asks a server on the loopback address, on a connection of its own. Throws when the server ends it without an answer. */
export function askFrom(
	url: string,
	{ method = "GET", path, headers = {}, body, from = "127.0.0.1" }: WireRequest,
): Promise<WireAnswer> {
	const { hostname, port, protocol } = new URL(url);
	const open = protocol === "https:" ? httpsRequest : httpRequest;
	return new Promise((resolve, reject) => {
		const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
		const request = open({
			hostname,
			port,
			method,
			path,
			localAddress: from,
			agent: false,
			headers: { ...length, ...headers },
			timeout: stretched(20_000),
		});
		request.once("timeout", () => request.destroy(new Error(`${method} ${path}: no answer`)));
		request.once("error", reject);
		request.once("response", (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (chunk: string) => {
				text += chunk;
			});
			response.once("error", reject);
			response.once("end", () => {
				resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
				request.destroy();
			});
		});
		request.end(body);
	});
}
