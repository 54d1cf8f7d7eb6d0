/** The largest answer of a provider that is read: its keys and its description have some KiB. Bytes. */
const MOST_BYTES = 256 * 1024;
const TIMEOUT_MS = 5_000;

/** Fetches JSON of a provider, at most `MOST_BYTES` of it, without following it to another address. Throws an Error. */
export async function boundedFetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
	const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(init.signal ? [init.signal] : [])]);
	const response = await fetch(url, { ...init, redirect: "error", signal });
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	for await (const chunk of response.body ?? []) {
		bytes += chunk.length;
		if (bytes > MOST_BYTES) throw new Error(`the answer of ${new URL(url).origin} is larger than ${MOST_BYTES} bytes`);
		chunks.push(chunk);
	}
	return new Response(Buffer.concat(chunks), { status: response.status, headers: response.headers });
}
