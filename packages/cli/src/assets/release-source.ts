import { stat } from "node:fs/promises";
import { join } from "node:path";
import { systemReason } from "@rollcall/protocol";
import { Failure, usageFailure } from "../errors.ts";
import { bytesOf } from "../files/read-text.ts";
import { NOBODY_LOOKS, type Reading } from "./read-hash.ts";
import { type AssetFile, assetOfFile } from "./sources.ts";
import { openArchive, tarEntries } from "./tar-entries.ts";

/** Checksum files, lists of releases, signatures. */
const MAX_TEXT_BYTES = 8 * 2 ** 20;
const TEXT_TIMEOUT_MS = 30_000;
const NAME_ONE = "name a URL, a folder or a tar archive";
/** What a mirror says of a file that it has not; stores of objects say 403 to who may not list them. */
const ABSENT: readonly number[] = [403, 404, 410];

/** A file of a release: its name among the assets, and its maker's address. */
interface Published {
	readonly name: string;
	readonly url: string;
}

/** A file of a release that was found: at a URL, which the coordinator fetches, or here, to be uploaded. */
export type FoundFile<F extends Published> = { readonly file: F } & (
	| { readonly url: string }
	| { readonly local: AssetFile }
);

/** Where releases are taken from: their makers, a mirror, a folder or a tar archive. All throw Failure. */
export interface ReleaseSource {
	/** A small file by its maker's address. */
	bytes(url: string): Promise<Buffer>;
	/** The files, in an order of the source's own. */
	files<F extends Published>(wanted: readonly F[]): AsyncGenerator<FoundFile<F>>;
}

/** A small text of a source. Throws Failure. */
export async function textOf(source: ReleaseSource, url: string): Promise<string> {
	return (await source.bytes(url)).toString("utf8");
}

/** The source that `--from` names; without it the makers themselves. `reading` is shown how far the reading of a folder's files is. */
export async function releaseSource(from: string | undefined, reading = NOBODY_LOOKS): Promise<ReleaseSource> {
	if (from === undefined) return web((url) => [url]);
	if (/^https?:\/\//i.test(from)) {
		const base = plainUrl(from).replace(/\/+$/, "");
		return web((url) => placesOf(url).map((place) => `${base}/${place}`));
	}
	const found = await stat(from).catch((error: unknown) => {
		throw usageFailure(`${from}: ${systemReason(error)}`, NAME_ONE);
	});
	if (!found.isDirectory() && !found.isFile()) throw usageFailure(`${from}: it is no regular file`, NAME_ONE);
	return found.isDirectory() ? folder(from, reading) : archive(from);
}

/** The makers' paths come behind it. Coordinators keep the addresses of files and show them, so none may have a password in it. */
function plainUrl(from: string): string {
	const url = URL.parse(from);
	if (!url) throw usageFailure(`--from: ${from} is no URL`, NAME_ONE);
	if (url.search !== "" || url.hash !== "")
		throw usageFailure(
			`--from ${url.origin}${url.pathname}: what follows ${url.search[0] ?? "#"} cannot stand before the makers' paths`,
			NAME_ONE,
		);
	if (!url.username && !url.password) return from;
	url.username = "";
	url.password = "";
	const next = "copy the files to a folder and name that, or use a mirror that asks for none";
	throw usageFailure(`--from ${url.href}: a name or a password in a URL is not taken`, next);
}

/** Where a mirror may have what a maker has at a URL: below the maker's name, or as the maker has it; files also alone. */
function placesOf(url: string): readonly [withHost: string, withoutHost: string, alone: string] {
	const { host, pathname } = new URL(url);
	const path = decodeURIComponent(pathname).replace(/^\/+/, "");
	return [`${host}/${path}`, path, path.replace(/^.*\//, "")];
}

function web(places: (url: string) => readonly string[]): ReleaseSource {
	return {
		async bytes(url) {
			const tried = places(url);
			for (const [index, place] of tried.entries()) {
				const answer = await get(place);
				if (ABSENT.includes(answer.status) && index < tried.length - 1) continue;
				// Of a mirror that has it nowhere the place is told where it is looked for first.
				if (!answer.ok)
					throw unfetched(
						ABSENT.includes(answer.status) ? (tried[0] ?? place) : place,
						`it answered ${answer.status}${tried.length > 1 ? ", there and at the mirror's other paths" : ""}`,
					);
				return await bounded(answer, place);
			}
			throw unfetched(url, "there is no place to look");
		},
		async *files<F extends Published>(wanted: readonly F[]): AsyncGenerator<FoundFile<F>> {
			for (const file of wanted) {
				const tried = places(file.url);
				let url = tried[0] ?? file.url;
				for (const place of tried.length > 1 ? tried : []) {
					const { status } = await get(place, "HEAD");
					if (ABSENT.includes(status)) continue;
					url = place;
					break;
				}
				yield { file, url };
			}
		},
	};
}

async function get(url: string, method = "GET"): Promise<Response> {
	try {
		return await fetch(url, { method, signal: AbortSignal.timeout(TEXT_TIMEOUT_MS) });
	} catch (error) {
		throw unfetched(url, reasonOf(error));
	}
}

async function bounded(answer: Response, url: string): Promise<Buffer> {
	const parts: Uint8Array[] = [];
	let length = 0;
	try {
		for await (const part of answer.body ?? []) {
			length += part.length;
			if (length > MAX_TEXT_BYTES) throw new Error(`it has more than ${MAX_TEXT_BYTES} bytes`);
			parts.push(part);
		}
	} catch (error) {
		throw unfetched(url, reasonOf(error));
	}
	return Buffer.concat(parts);
}

/** fetch hides the system's reason in its cause. */
function reasonOf(error: unknown): string {
	if (error instanceof Error && error.name === "TimeoutError") return "no answer came in time";
	return systemReason(error instanceof Error && error.cause instanceof Error ? error.cause : error);
}

function unfetched(url: string, reason: string): Failure {
	return new Failure(`${url} cannot be fetched: ${reason}`, {
		next: "look whether this computer reaches it, or name a mirror, a folder or an archive with --from",
	});
}

function folder(base: string, reading: Reading): ReleaseSource {
	const pathOf = async (url: string): Promise<string> => {
		for (const place of placesOf(url)) {
			const path = join(base, place);
			if ((await stat(path).catch(() => undefined))?.isFile()) return path;
		}
		throw notThere(base, url);
	};
	return {
		async bytes(url) {
			const path = await pathOf(url);
			const bytes = await bytesOf(path, MAX_TEXT_BYTES);
			if (bytes.length > MAX_TEXT_BYTES) throw usageFailure(`${path}: it has more than ${MAX_TEXT_BYTES} bytes`);
			return bytes;
		},
		async *files<F extends Published>(wanted: readonly F[]): AsyncGenerator<FoundFile<F>> {
			for (const file of wanted) yield { file, local: await assetOfFile(await pathOf(file.url), file.name, reading) };
		},
	};
}

/** Read from its beginning each time: an archive has no order that one could rely on. */
function archive(path: string): ReleaseSource {
	const small = new Map<string, Buffer>();
	const plain = (name: string) => name.replace(/^(?:\.\/)+/, "");
	const readSmall = async (): Promise<void> => {
		for await (const { name, sizeBytes, content } of tarEntries(await openArchive(path), path)) {
			if (sizeBytes > MAX_TEXT_BYTES || !/\.(?:sha256|sha256sum|sha512|DIGESTS|json|txt|sig|asc)$/.test(name)) continue;
			const parts: Buffer[] = [];
			for await (const part of content) parts.push(part);
			small.set(plain(name), Buffer.concat(parts));
		}
	};
	return {
		async bytes(url) {
			if (small.size === 0) await readSmall();
			for (const place of placesOf(url)) {
				const found = small.get(place);
				if (found) return found;
			}
			throw notThere(path, url);
		},
		async *files<F extends Published>(wanted: readonly F[]): AsyncGenerator<FoundFile<F>> {
			const left = new Set(wanted);
			for await (const { name, sizeBytes, content } of tarEntries(await openArchive(path), path)) {
				const file = [...left].find(({ url }) => placesOf(url).includes(plain(name)));
				if (!file) continue;
				left.delete(file);
				yield { file, local: { name: file.name, sizeBytes, from: `${path}: ${plain(name)}`, content } };
			}
			for (const { url } of left) throw notThere(path, url);
		},
	};
}

function notThere(where: string, url: string): Failure {
	return usageFailure(`${where}: ${placesOf(url)[0]} is not there`, `put there what ${url} has, under that path`);
}
