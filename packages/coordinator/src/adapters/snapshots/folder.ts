import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, EtcdSnapshot } from "@rollcall/protocol";
import { z } from "zod";
import { makePrivateFolder, syncFolder } from "../../disk/atomic-write.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { SnapshotError } from "../../errors.ts";
import type { EtcdSnapshotFolder } from "../../ports/etcd-snapshots.ts";
import { writeEncrypted } from "./encrypt.ts";

/** What was begun and not ended is given up after so long, in milliseconds; another coordinator may be at it. */
const ABANDONED_MS = 3_600_000;
const TEMPORARY = /^\.[0-9a-f-]{36}\.new$/;
const NOTE = /^([0-9a-f]{64})\.json$/;

/** Beside each file: what it is, whose it is, and the key that opens it. 0600. */
const Note = z.object({
	version: z.literal(1),
	/** The public key whose signatures count in the fleet that it is of. */
	fleet: z.string(),
	/** The log in which it was recorded. */
	log: z.string(),
	key: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
	snapshot: EtcdSnapshot,
});
type Note = z.infer<typeof Note>;

/** Whose snapshots these are. `log`: the name of the log that is written now. */
export interface Owner {
	readonly fleets: readonly string[];
	readonly log: () => string | undefined;
}

/**
 * Snapshots as files: `<sha256>.snapshot`, encrypted, and `<sha256>.json` (0600, the folder 0700). Nothing is ever overwritten:
 * the name is the content.
 */
export function openSnapshotFolder(folder: string, owner: Owner, files: SecretFiles = IN_CLEAR): EtcdSnapshotFolder {
	const place = (sha256: Digest, kind: "snapshot" | "json"): string =>
		join(folder, `${sha256.slice("sha256:".length)}.${kind}`);

	async function note(sha256: Digest): Promise<Note | undefined> {
		const text = await files.read(place(sha256, "json")).catch(unlessMissing);
		const read = text === undefined ? undefined : Note.safeParse(parsed(text));
		return read?.success && read.data.snapshot.sha256 === sha256 ? read.data : undefined;
	}

	async function notes(): Promise<readonly Note[]> {
		const found = await Promise.all(
			(await names()).flatMap((name) => {
				const hex = NOTE.exec(name)?.[1];
				return hex === undefined ? [] : [note(`sha256:${hex}` as Digest)];
			}),
		);
		return found.filter((one): one is Note => one !== undefined && owner.fleets.includes(one.fleet));
	}

	async function names(): Promise<string[]> {
		return (await readdir(folder).catch(unlessMissing)) ?? [];
	}

	async function remove(sha256: Digest): Promise<void> {
		await rm(place(sha256, "snapshot"), { force: true });
		// Last: without its note nobody would know whose the file is.
		await rm(place(sha256, "json"), { force: true });
	}

	return {
		async save(content, { maxBytes, ...of }) {
			const log = owner.log();
			if (log === undefined) throw new SnapshotError("the log is not known yet");
			await makePrivateFolder(folder);
			const temporary = join(folder, `.${randomUUID()}.new`);
			try {
				const file = await open(temporary, "wx", 0o600);
				let written: Awaited<ReturnType<typeof writeEncrypted>>;
				try {
					written = await writeEncrypted(file, content, maxBytes);
					await file.sync();
				} finally {
					await file.close();
				}
				const { key, ...rest } = written;
				const snapshot: EtcdSnapshot = { ...of, ...rest };
				const text = JSON.stringify({
					version: 1,
					fleet: owner.fleets.at(-1) ?? "",
					log,
					key,
					snapshot,
				} satisfies Note);
				await files.write(place(rest.sha256, "json"), `${text}\n`);
				await rename(temporary, place(rest.sha256, "snapshot"));
				await syncFolder(folder);
				return snapshot;
			} catch (error) {
				await rm(temporary, { force: true });
				const { code } = error as NodeJS.ErrnoException;
				if (code === "ENOSPC" || code === "EDQUOT") throw new SnapshotError(`there is no room in ${folder} (${code})`);
				throw error;
			}
		},
		async check({ sha256, sizeBytes }) {
			const path = place(sha256, "snapshot");
			try {
				const known = await note(sha256);
				if (!known) return `has no key in ${folder}`;
				if (!owner.fleets.includes(known.fleet)) return "is of another fleet";
				const hash = createHash("sha256");
				for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
				const same = `sha256:${hash.digest("hex")}` === sha256 && (await stat(path)).size === sizeBytes;
				return same ? undefined : `is damaged: ${path}`;
			} catch (error) {
				return `cannot be read: ${(error as Error).message}`;
			}
		},
		async file(sha256) {
			const path = place(sha256, "snapshot");
			const found = await stat(path).catch(unlessMissing);
			return found?.isFile() ? { path, sizeBytes: found.size } : undefined;
		},
		async key(sha256) {
			const known = await note(sha256);
			if (known && owner.fleets.includes(known.fleet)) return known.key;
			throw new Error(`the key of the snapshot cannot be read from ${place(sha256, "json")}; bring the file back`);
		},
		async list(most) {
			const all = (await notes()).map(({ snapshot }) => snapshot).sort((a, b) => a.takenAt - b.takenAt);
			const there = await Promise.all(all.map(async ({ sha256 }) => (await this.file(sha256)) !== undefined));
			return all.filter((_, index) => there[index]).slice(-most);
		},
		remove,
		async sweep(known, before) {
			const log = owner.log();
			for (const one of await notes()) {
				const { sha256, takenAt } = one.snapshot;
				if (one.log === log && takenAt < before && !known.includes(sha256)) await remove(one.snapshot.sha256);
			}
			for (const name of (await names()).filter((one) => TEMPORARY.test(one))) {
				const found = await stat(join(folder, name)).catch(unlessMissing);
				if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(join(folder, name), { force: true });
			}
		},
	};
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
	if (error.code === "ENOENT") return undefined;
	throw error;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
