import { type EtcdSnapshotFolder, SnapshotError } from "@rollcall/coordinator/simulator";
import { type Digest, type EtcdSnapshot, sha256Of } from "@rollcall/protocol";
import type { LogEntry } from "./member.ts";

interface Kept {
	readonly snapshot: EtcdSnapshot;
	readonly text: string;
}

/** The snapshots of etcd in a folder that all coordinators share. */
export class SnapshotFolder implements EtcdSnapshotFolder {
	readonly #kept = new Map<Digest, Kept>();
	/** The names of all that were ever saved. */
	readonly saved = new Set<Digest>();
	/** The names of all of which a log ever said that they are to be forgotten. */
	readonly forgotten = new Set<Digest>();
	/** The names of all that a log ever had. */
	readonly recorded = new Set<Digest>();
	/** Nothing can be written. */
	full = false;

	/** All of them are gone. */
	lose(): void {
		this.#kept.clear();
	}

	has(sha256: Digest): boolean {
		return this.#kept.has(sha256);
	}

	/** What was recorded that is there. */
	recordedHere(): EtcdSnapshot[] {
		return [...this.#kept.values()].flatMap(({ snapshot }) => (this.recorded.has(snapshot.sha256) ? snapshot : []));
	}

	/** What is in a snapshot. */
	content(sha256: Digest): readonly LogEntry[] | undefined {
		const text = this.#kept.get(sha256)?.text;
		return text === undefined ? undefined : (JSON.parse(text) as LogEntry[]);
	}

	async save(...[pieces, of]: Parameters<EtcdSnapshotFolder["save"]>): Promise<EtcdSnapshot> {
		let text = "";
		for await (const piece of pieces) text += new TextDecoder().decode(piece);
		if (this.full) throw new SnapshotError("no space left on device");
		const { revision, takenAt, cluster, secretsKeys } = of;
		const sha256 = sha256Of(`${takenAt} ${text}`);
		const size = { sha256, sizeBytes: text.length };
		const snapshot: EtcdSnapshot = {
			...size,
			content: size,
			revision,
			takenAt,
			cluster,
			secretsKeys: [...secretsKeys],
		};
		this.#kept.set(sha256, { snapshot, text });
		this.saved.add(sha256);
		return snapshot;
	}

	async check({ sha256 }: EtcdSnapshot): Promise<string | undefined> {
		return this.#kept.has(sha256) ? undefined : "is not here";
	}

	async file(sha256: Digest): ReturnType<EtcdSnapshotFolder["file"]> {
		const kept = this.#kept.get(sha256);
		return kept && { path: sha256, sizeBytes: kept.snapshot.sizeBytes };
	}

	async key(): Promise<string> {
		return "";
	}

	async list(most: number): Promise<readonly EtcdSnapshot[]> {
		return [...this.#kept.values()].slice(-most).map(({ snapshot }) => snapshot);
	}

	async remove(sha256: Digest): Promise<void> {
		this.#kept.delete(sha256);
	}

	async sweep(known: readonly Digest[], before: number): Promise<void> {
		for (const [sha256, { snapshot }] of this.#kept)
			if (snapshot.takenAt < before && !known.includes(sha256)) this.#kept.delete(sha256);
	}
}
