import { type Event, sha256Of } from "@rollcall/protocol";

export interface Entry {
	readonly position: number;
	readonly events: readonly Event[];
}

/** The log of the bus in memory: one append at a time counts, by the position that it expects. */
export class ModelLog {
	/** Another one after the store was lost. */
	origin = 1;
	entries: Entry[] = [];
	/** A digest over everything that was ever appended, lost logs included. */
	hash = sha256Of("");

	get position(): number {
		return this.entries.length;
	}

	/** The new position, or undefined when somebody else appended first. */
	append(events: readonly Event[], after: number): number | undefined {
		if (after !== this.position) return undefined;
		const text = JSON.stringify(events);
		// Through JSON, as the real one: what is read is what was written.
		this.entries.push({ position: after + 1, events: JSON.parse(text) as Event[] });
		this.hash = sha256Of(this.hash + text);
		return this.position;
	}

	lose(): void {
		this.origin += 1;
		this.entries = [];
	}
}
