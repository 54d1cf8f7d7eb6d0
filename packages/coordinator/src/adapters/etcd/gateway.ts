import type { IncomingMessage } from "node:http";
import { request } from "node:https";

/** One answer takes at most so long, in milliseconds; a stream is at most so long without a piece. */
const TIMEOUT_MS = 5_000;
/** No answer that is asked for is larger. */
const MOST_BYTES = 256 * 1024;

/** The client certificate, its key (a secret) and the authority, all PEM. */
export interface EtcdAccess {
	readonly ca: string;
	readonly cert: string;
	readonly key: string;
}

/** Asks a gateway in another way than over HTTPS. */
export type Ask = (url: URL, body: string) => Promise<{ status: number; text: string }>;

/** Asks etcd's JSON gateway. Throws what node:https throws, and an Error for an answer that is too large or too late. */
export async function post(url: URL, body: string, access: EtcdAccess | Ask): ReturnType<Ask> {
	if (typeof access === "function") return await access(url, body);
	const response = await postForStream(url, body, access);
	let text = "";
	response.setEncoding("utf8");
	for await (const chunk of response as AsyncIterable<string>) {
		text += chunk;
		if (text.length > MOST_BYTES) throw new Error("the answer is too large");
	}
	return { status: response.statusCode ?? 0, text };
}

/** The same for an answer that is read as it comes. Whoever stops reading destroys it. */
export function postForStream(url: URL, body: string, access: EtcdAccess): Promise<IncomingMessage> {
	return new Promise((resolve, reject) => {
		const asked = request(
			url,
			{ ...access, method: "POST", headers: { "content-type": "application/json" }, timeout: TIMEOUT_MS, agent: false },
			resolve,
		);
		asked.on("timeout", () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
		asked.on("error", reject);
		asked.end(body);
	});
}
