import { type Fleet, fleetFromJson, fleetToJson, type Snapshot } from "@rollcall/coordinator/simulator";
import type { ClusterDocument, Digest, Event } from "@rollcall/protocol";

const OTHER_FORM = { form: "another", machines: [], removed: [] };

/** What a coordinator keeps on its disk, as text: it can be copied, put back, and be full. */
export class DataFolder {
	/** Nothing can be written. */
	full = false;
	readonly #files = new Map<string, string>();

	/** The present content, to be put back later. */
	copy(): ReadonlyMap<string, string> {
		return new Map(this.#files);
	}

	restore(copy: ReadonlyMap<string, string>): void {
		this.#files.clear();
		for (const [name, text] of copy) this.#files.set(name, text);
	}

	read<T>(name: string): T | undefined {
		const text = this.#files.get(name);
		return text === undefined ? undefined : (JSON.parse(text) as T);
	}

	/** The snapshot is as a program of another version writes it: what it has means something else there. */
	otherForm(): void {
		const text = this.read<string>("snapshot");
		if (text === undefined) return;
		const snapshot = JSON.parse(text) as { fleet: Record<string, unknown> };
		this.#files.set(
			"snapshot",
			JSON.stringify(JSON.stringify({ ...snapshot, fleet: { ...snapshot.fleet, ...OTHER_FORM } })),
		);
	}

	/** What a coordinator writes beside the log of every event. */
	note(event: Event, origin: number): void {
		if (this.full) return;
		this.write("log-origin", origin);
		if (event.type === "trust-changed") this.write("trust", event.trust);
		if (event.type !== "cluster-declared") return;
		const { document, digest } = event;
		this.write("document", { document, digest });
	}

	/** Throws an Error when the disk is full. */
	write(name: string, value: unknown): void {
		if (this.full) throw new Error(`${name}: no space left on device`);
		this.#files.set(name, JSON.stringify(value));
	}
}

export interface Declared {
	readonly document: ClusterDocument;
	readonly digest: Digest;
}

/** A fleet's snapshot as text, and back, with the digest of its entry as the real file has it. Undefined: another version wrote it. */
export function snapshotText({ origin, position, link, fleet }: Snapshot): string {
	return JSON.stringify({ origin, position, link, fleet: fleetToJson(fleet) });
}

export function readSnapshot(text: string | undefined, read = fleetFromJson): Snapshot | undefined {
	if (text === undefined) return undefined;
	const { fleet: json, ...place } = JSON.parse(text) as Omit<Snapshot, "fleet"> & { readonly fleet: unknown };
	const fleet: Fleet | undefined = read(json);
	return fleet && { ...place, fleet };
}
