import type { Event, EventOf } from "@rollcall/protocol";
import type { Flaw, Position } from "../ports/log.ts";

/** So many flaws of the log are kept until they are recorded; more say nothing new. */
const MAX_FLAWS = 64;

/** What was found wrong with the log, until an entry of it says that this is known. */
export class UntoldFlaws {
	#flaws: readonly Flaw[] = [];

	get list(): readonly Flaw[] {
		return this.#flaws;
	}

	add(flaws: readonly Flaw[]): void {
		if (flaws.length > 0) this.#flaws = [...this.#flaws, ...flaws].slice(0, MAX_FLAWS);
	}

	/** Takes out what the events of an entry tell. */
	hear(events: readonly Event[], position: Position): void {
		for (const event of events)
			if (event.type === "log-doubted") this.#flaws = this.#flaws.filter((flaw) => !tells(event, flaw, position));
	}

	clear(): void {
		this.#flaws = [];
	}
}

/**
 * True when an event that doubts the log, at a position, tells of a flaw. It stands behind what it tells of: where the log went back to that very event, it tells of an
 * earlier time. What was damaged since it does not know.
 */
function tells({ flaws, total }: EventOf<"log-doubted">, flaw: Flaw, position: Position): boolean {
	if (position <= flaw.position) return false;
	if (flaws.some((told) => told.kind === flaw.kind && told.position === flaw.position)) return true;
	// Not all are named: those before it are taken as told.
	return total > flaws.length;
}
