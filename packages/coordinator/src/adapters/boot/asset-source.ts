import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { type AssetSignature, systemReason } from "@rollcall/protocol";
import { AssetRefused } from "../../errors.ts";

const UPLOAD = "fetch it yourself and upload the file: `rollcall assets add NAME FILE`";

/** Where an asset comes from. A URL needs a hash; of the others it is welcome. `from` names a stream's origin to people, `sizeBytes` what it will bring. */
export type AssetSource =
	| { readonly file: string }
	| { readonly url: string }
	| { readonly stream: Readable; readonly from: string; readonly sizeBytes?: number };

/** What the content must hash to, hexadecimal, and whose signature it must have. */
export interface Expected {
	readonly sha256?: string | undefined;
	readonly sha512?: string | undefined;
	readonly signature?: AssetSignature | undefined;
}

const MAX_REDIRECTS = 5;

/** A source that is being read. `sizeBytes`: what a server said, which is for people only. */
export interface OpenSource {
	readonly content: Readable;
	readonly sizeBytes?: number;
}

/** The bytes of a source. Only http and https are followed, also behind redirects. Throws AssetRefused. */
export async function openAssetSource(source: AssetSource, signal: AbortSignal): Promise<OpenSource> {
	if ("file" in source) return { content: createReadStream(source.file) };
	if ("stream" in source)
		return { content: source.stream, ...(source.sizeBytes === undefined ? {} : { sizeBytes: source.sizeBytes }) };
	let url = parseUrl(source.url);
	for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
		const asked = { redirect: "manual", signal, headers: { "accept-encoding": "identity" } } as const;
		const response = await fetch(url, asked).catch((cause: unknown) => {
			if (signal.aborted) throw cause;
			throw new AssetRefused(`${url.href} cannot be fetched: ${fetchReason(cause)}`, {
				cause,
				next: `look whether the address is right and the coordinator can reach it, or ${UPLOAD}`,
			});
		});
		const location = response.headers.get("location");
		if (response.status >= 300 && response.status < 400 && location) {
			await response.body?.cancel();
			url = parseUrl(new URL(location, url).href);
			continue;
		}
		if (!response.ok || !response.body) {
			const next = `correct the address, or ${UPLOAD}`;
			throw new AssetRefused(`${url.href} answered ${response.status}`, { next });
		}
		const length = Number(response.headers.get("content-length") ?? Number.NaN);
		const content = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
		return Number.isSafeInteger(length) && length >= 0 ? { content, sizeBytes: length } : { content };
	}
	throw new AssetRefused(`${source.url} leads on more than ${MAX_REDIRECTS} times`, {
		next: "name the address that it leads to in the end",
	});
}

/** Why nothing came: the system's reason, which fetch hides in its cause. */
export function fetchReason(error: unknown): string {
	const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
	const first: unknown = inner instanceof AggregateError ? inner.errors[0] : inner;
	return systemReason(first);
}

function parseUrl(text: string): URL {
	const url = URL.parse(text);
	if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
		throw new AssetRefused(`${text.slice(0, 200)} is not an http or https URL`, { next: UPLOAD });
	}
	// It would stand in errors, and in what is kept of the file.
	if (url.username || url.password) {
		url.username = "";
		url.password = "";
		throw new AssetRefused(`${url.href}: a name or a password in a URL is not taken`, { next: UPLOAD });
	}
	return url;
}
