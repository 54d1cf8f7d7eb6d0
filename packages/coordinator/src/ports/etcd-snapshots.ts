import type { Digest, EtcdSnapshot } from "@rollcall/protocol";

/** Snapshots of etcd, encrypted, each with a key of its own, where only the coordinator reads. */
export interface EtcdSnapshotFolder {
	/** Takes one in: checked against etcd's own digest, encrypted, and there only when it is whole. Throws SnapshotError, or what reading throws. */
	save(
		content: AsyncIterable<Uint8Array>,
		of: Pick<EtcdSnapshot, "revision" | "takenAt" | "cluster" | "secretsKeys"> & { readonly maxBytes: number },
	): Promise<EtcdSnapshot>;
	/** Reads a whole file again. Undefined: it is as it was written; else what is wrong, in a few words. */
	check(snapshot: EtcdSnapshot): Promise<string | undefined>;
	/** Where the encrypted file lies; undefined where there is none of this name. */
	file(sha256: Digest): Promise<{ readonly path: string; readonly sizeBytes: number } | undefined>;
	/** The key that opens it (32 bytes, base64): a secret. Throws an Error that names the file. */
	key(sha256: Digest): Promise<string>;
	/** All of this fleet, oldest first, at most so many, whichever log they are of. */
	list(most: number): Promise<readonly EtcdSnapshot[]>;
	remove(sha256: Digest): Promise<void>;
	/**
	 * Removes what this log wrote here before `before` (milliseconds since 1970) and does not know: it was cut short, or is forgotten. What
	 * others wrote stays, and what is newer: a log that went back does not know it.
	 */
	sweep(known: readonly Digest[], before: number): Promise<void>;
}
