import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { Problem, RelayReply, type RelayRequest } from "@rollcall/protocol";

/** The coordinator lets a request wait for some seconds. */
const ANSWER_MS = 15_000;
/** Questions for `RELAY_QUESTIONS` addresses, many times over. */
const MOST_BYTES = 64 * 1024;

/** What a coordinator says to a relay: questions, or why it takes nothing from it. */
type Answered = { readonly ok: true; readonly reply: RelayReply } | { readonly ok: false; readonly problem: Problem };

/** Tells a coordinator what was seen, and waits for its questions. `authority`: whom it is believed by, PEM. Throws what node:https throws, and an Error for an answer that is none. */
export async function askCoordinator(
	base: string,
	body: RelayRequest,
	{ authority, signal }: { readonly authority: string | undefined; readonly signal: AbortSignal },
): Promise<Answered> {
	const url = new URL("v1/relay", base.endsWith("/") ? base : `${base}/`);
	const { status, text } = await post(url, JSON.stringify(body), { authority, signal });
	const value: unknown = JSON.parse(text);
	return status === 200 ? { ok: true, reply: RelayReply.parse(value) } : { ok: false, problem: Problem.parse(value) };
}

function post(
	url: URL,
	body: string,
	{ authority, signal }: { readonly authority: string | undefined; readonly signal: AbortSignal },
): Promise<{ readonly status: number | undefined; readonly text: string }> {
	return new Promise((resolve, reject) => {
		const asked = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
			method: "POST",
			headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
			agent: false,
			signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
			...(authority === undefined ? {} : { ca: authority }),
		});
		asked.on("error", reject);
		asked.once("response", (response) => {
			let text = "";
			response.setEncoding("utf8");
			response.on("data", (chunk: string) => {
				text += chunk;
				if (text.length > MOST_BYTES) asked.destroy(new Error(`the answer has more than ${MOST_BYTES} bytes`));
			});
			response.on("error", reject);
			response.once("end", () => resolve({ status: response.statusCode, text }));
		});
		asked.end(body);
	});
}
