import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, open, statfs } from "node:fs/promises";
import { type Artifact, withoutAccounts } from "@rollcall/protocol";
import { artifactPaths } from "../../domain/artifact-paths.ts";
import { folderMode, folderOf } from "../../domain/confine.ts";
import type { Found } from "../../domain/plan-files.ts";
import { FilesError } from "../../errors.ts";
import { beside } from "./beside.ts";
import { decryptInPlace } from "./decrypt.ts";
import { type Disk, errnoOf } from "./disk.ts";
import { filesError } from "./files-error.ts";
import { guard, type Place, realPlace } from "./guard.ts";
import { trustWhenNeeded } from "./trust.ts";
import { readNote, unpack } from "./unpack.ts";

/** So much is written at once. */
const PIECE_BYTES = 2 ** 20;
/** Rounds through an artifact's URLs before it counts as unreachable. */
const ROUNDS = 4;
/** A download that delivers nothing for this long is given up, in milliseconds. */
const IDLE_MS = 20_000;

/** Fetches and compares artifacts. `authority`: believed now besides those that everybody knows, PEM. Memory is bounded: contents pass through in the chunks in which they come. */
export function createArtifacts(place: Place, disk: Disk, authority?: () => string | undefined) {
	const trust = trustWhenNeeded(authority);
	const at = (path: string) => realPlace(place, path);
	/** Files whose hash was computed and that have not changed since, so that a large one is read only once. */
	const known = new Map<string, { stamp: string; digest: string }>();

	async function digestAt(path: string): Promise<string> {
		const stamp = disk.standing(path)?.stamp ?? "";
		const before = known.get(path);
		if (before?.stamp === stamp) return before.digest;
		const hash = createHash("sha256");
		for await (const chunk of createReadStream(path)) hash.update(chunk);
		const digest = `sha256:${hash.digest("hex")}`;
		known.set(path, { stamp, digest });
		return digest;
	}

	/** What came in one piece was hashed as it came, and is not read for that. */
	function remember(part: string, hash: RunningHash): void {
		const { stamp, size } = disk.standing(part) ?? {};
		if (stamp !== undefined && size === hash.bytes) known.set(part, { stamp, digest: `sha256:${hash.digest()}` });
	}

	/** What stands at each path that the artifact leads to (`artifactPaths`). */
	async function compare(artifact: Artifact): Promise<ReadonlyMap<string, Found>> {
		const { path, takenNote, unpack: members } = artifact;
		const found = new Map<string, Found>();
		if (members) {
			const paths = artifactPaths(artifact);
			const same = await isUnpacked({ ...artifact, unpack: members });
			for (const one of paths) found.set(one, { exists: disk.standing(at(one)) !== undefined, same });
		} else found.set(path, await compareFile(artifact));
		if (takenNote !== undefined) {
			const note = disk.standing(at(takenNote));
			found.set(takenNote, { exists: note !== undefined, same: true });
			const isTaken =
				note?.type === "file" && note.size < 256 && disk.read(at(takenNote)).toString().trim() === artifact.sha256;
			if (isTaken && !disk.standing(at(path))) found.set(path, { exists: false, same: true });
		}
		return found;
	}

	/** Everything of the archive is in its place, as its note says. */
	async function isUnpacked(artifact: Artifact & { unpack: NonNullable<Artifact["unpack"]> }): Promise<boolean> {
		const note = readNote(disk, at(artifact.path), artifact);
		if (!note) return false;
		for (const { path, mode } of artifact.unpack) {
			const standing = disk.standing(at(path));
			if (standing?.type !== "file" || standing.mode !== Number.parseInt(mode, 8)) return false;
			if ((await digestAt(at(path))) !== note.get(path)) return false;
		}
		return true;
	}

	async function compareFile(artifact: Artifact): Promise<Found> {
		const path = at(artifact.path);
		const standing = disk.standing(path);
		if (standing?.type === "folder") throw new FilesError(`${artifact.path} is a folder; remove it`);
		const mode = Number.parseInt(artifact.mode, 8);
		const { sha256, sizeBytes } = artifact.encrypted ?? artifact;
		if (standing?.type !== "file" || standing.size !== sizeBytes || standing.mode !== mode) {
			return { exists: standing !== undefined, same: false };
		}
		return { exists: true, same: (await digestAt(path)) === sha256 };
	}

	async function fetchArtifact(artifact: Artifact, signal: AbortSignal, key?: string): Promise<void> {
		const paths = artifactPaths(artifact);
		guard(disk, place, paths);
		const path = at(artifact.path);
		const { staged, part: partOf } = beside(path);
		const part = partOf(artifact.sha256);
		try {
			for (const folder of new Set(paths.map(folderOf))) disk.makeFolder(at(folder), folderMode(folder));
			const { type } = disk.standing(staged) ?? {};
			const { sha256 } = artifact.encrypted ?? artifact;
			if (type === "file" && !artifact.unpack && (await digestAt(staged)) === sha256) return;
			await checkRoom(artifact, part);
			let reason = "";
			for (let round = 0; round < ROUNDS * artifact.urls.length && !signal.aborted; round++) {
				const url = artifact.urls[round % artifact.urls.length] ?? "";
				await trust(url);
				const hash = new RunningHash();
				reason = await download({ url, part, sizeBytes: artifact.sizeBytes, hash }, signal);
				if (reason !== "") continue;
				remember(part, hash);
				if ((await digestAt(part)) === artifact.sha256) {
					const { unpack: members } = artifact;
					if (members) {
						// The archive stays beside until the apply has ended: one that is cut short need not fetch it again.
						return await unpack(part, { ...artifact, unpack: members }, { disk, at });
					}
					if (artifact.encrypted) await opened(artifact, part, key);
					await chmod(part, Number.parseInt(artifact.mode, 8));
					await disk.sync([part]);
					disk.rename(part, staged);
					return;
				}
				reason = `${url} has another content than ${artifact.sha256}`;
				disk.unlink(part);
			}
			throw new FilesError(`${artifact.path}: ${signal.aborted ? "not wanted any more" : withoutAccounts(reason)}`);
		} catch (error) {
			throw filesError(artifact.path, error);
		}
	}

	/** Decrypts what was fetched. When that fails, nothing of it stays. */
	async function opened({ encrypted }: Artifact, part: string, key: string | undefined): Promise<void> {
		try {
			if (key === undefined) throw new Error(`the secret ${encrypted?.secret} that opens it is not there`);
			await decryptInPlace(part, key);
			if ((await digestAt(part)) !== encrypted?.sha256) throw new Error(`its content is not ${encrypted?.sha256}`);
		} catch (error) {
			disk.unlink(part);
			throw error;
		}
	}

	async function checkRoom(artifact: Artifact, part: string): Promise<void> {
		const room = await statfs(folderOf(part));
		const free = room.bavail * room.bsize;
		const missing = artifact.sizeBytes - (disk.standing(part)?.size ?? 0);
		if (missing > free) {
			throw new FilesError(
				`${artifact.path}: needs ${missing} bytes more, ${free} are free (ENOSPC); make room there, and it goes on by itself`,
			);
		}
	}

	return { compare, fetch: fetchArtifact };
}

/** The hash of what has come since it was made. */
class RunningHash {
	readonly #hash = createHash("sha256");
	bytes = 0;

	update(chunk: Uint8Array): void {
		this.#hash.update(chunk);
		this.bytes += chunk.length;
	}

	digest(): string {
		return this.#hash.digest("hex");
	}
}

interface Download {
	readonly url: string;
	readonly part: string;
	readonly sizeBytes: number;
	readonly hash: RunningHash;
}

/** The same bytes in fewer pieces: each costs a turn and a write. What came before it broke off comes before the error. `onChunk` hears of each chunk. */
async function* inPieces(chunks: AsyncIterable<Uint8Array>, onChunk: () => void): AsyncGenerator<Uint8Array> {
	let waiting: Uint8Array[] = [];
	let length = 0;
	const all = (): Uint8Array => {
		const piece = Buffer.concat(waiting);
		waiting = [];
		length = 0;
		return piece;
	};
	try {
		for await (const chunk of chunks) {
			onChunk();
			waiting.push(chunk);
			length += chunk.length;
			if (length >= PIECE_BYTES) yield all();
		}
	} catch (error) {
		if (length > 0) yield all();
		throw error;
	}
	if (length > 0) yield all();
}

/** Loads what is missing of `part`. Returns why it is not whole yet, or an empty text. Throws when writing fails. */
async function download(want: Download, signal: AbortSignal): Promise<string> {
	const file = await open(want.part, "a", 0o600);
	try {
		let size = (await file.stat()).size;
		if (size > want.sizeBytes) {
			await file.truncate(0);
			size = 0;
		}
		if (size === want.sizeBytes) return "";
		const idle = new AbortController();
		let timer = setTimeout(() => idle.abort(), IDLE_MS);
		try {
			const chunks = await respond(want.url, size, AbortSignal.any([signal, idle.signal]));
			if (typeof chunks === "string") return chunks;
			if (!chunks.resumes && size > 0) {
				await file.truncate(0);
				size = 0;
			}
			const alive = () => {
				clearTimeout(timer);
				timer = setTimeout(() => idle.abort(), IDLE_MS);
			};
			for await (const piece of inPieces(chunks.body, alive)) {
				size += piece.length;
				if (size > want.sizeBytes) {
					await file.truncate(0);
					return `${want.url} has more than ${want.sizeBytes} bytes`;
				}
				await file.appendFile(piece);
				want.hash.update(piece);
			}
		} catch (error) {
			// A full or broken disk is not the server's fault, and another URL does not mend it.
			const code = errnoOf(error);
			if (code === "ENOSPC" || code === "EROFS" || code === "EIO") throw error;
			const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
			return `${want.url}: ${idle.signal.aborted ? "nothing came any more" : `${String(error)}${cause}`}`.slice(0, 600);
		} finally {
			clearTimeout(timer);
		}
		return size === want.sizeBytes ? "" : `${want.url} ended after ${size} of ${want.sizeBytes} bytes`;
	} finally {
		await file.close();
	}
}

/** Asks for the content from byte `from` on (RFC 9110, section 14). A text says why there is none. */
async function respond(
	url: string,
	from: number,
	signal: AbortSignal,
): Promise<string | { resumes: boolean; body: AsyncIterable<Uint8Array> }> {
	const response = await fetch(url, { headers: from > 0 ? { range: `bytes=${from}-` } : {}, signal });
	if (!response.ok || !response.body) {
		await response.body?.cancel();
		return `${url} answers ${response.status}`;
	}
	return { resumes: response.status === 206, body: response.body };
}
