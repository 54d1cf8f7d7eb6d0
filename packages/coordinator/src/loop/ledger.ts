import { type Event, messageOf } from "@rollcall/protocol";
import { apply } from "../domain/apply.ts";
import { EMPTY_FLEET, type Fleet } from "../domain/fleet.ts";
import { leapOf } from "../domain/log/log-edge.ts";
import type { Entry, Flaw, Position } from "../ports/log.ts";
import { UntoldFlaws } from "./untold-flaws.ts";

/** How many of the newest events are kept in memory for readers that follow. */
const RECENT_EVENTS = 10_000;

/**
 * The recorded state: the fold of the log up to a position, and the newest events. It changes only by what the log holds,
 * so nobody ever sees a state that could still be lost.
 */
export class Ledger {
	#fleet: Fleet = EMPTY_FLEET;
	#position: Position = 0;
	#recent: Event[] = [];
	readonly #flaws = new UntoldFlaws();
	readonly #listeners = new Set<(event: Event) => void>();

	get fleet(): Fleet {
		return this.#fleet;
	}

	get position(): Position {
		return this.#position;
	}

	/** What was found wrong with the log and is not recorded yet. */
	get flaws(): readonly Flaw[] {
		return this.#flaws.list;
	}

	/** Keeps what is wrong with the log, until an entry says that it is known. */
	doubt(flaws: readonly Flaw[]): void {
		this.#flaws.add(flaws);
	}

	/** Begins from a snapshot, or from nothing when the log is another one. Forgets the events in memory. */
	reset(fleet: Fleet = EMPTY_FLEET, position: Position = 0): void {
		this.#fleet = fleet;
		this.#position = position;
		this.#recent = [];
		this.#flaws.clear();
	}

	/**
	 * Takes in what an entry holds. Entries that are already in are passed over. Returns true when it was new. `reached`: the state behind the
	 * entry, where it was found out before this was written: what is remembered of its machines goes on to count.
	 */
	take({ events, position, flaws }: Pick<Entry, "events" | "position" | "flaws">, reached?: Fleet): boolean {
		if (position <= this.#position) return false;
		this.doubt(flaws);
		const followed = reached ?? this.#follow(events, position);
		const taken = followed ? events : [];
		this.#fleet = followed ?? this.#fleet;
		this.#flaws.hear(taken, position);
		this.#position = position;
		this.#recent.push(...taken);
		if (this.#recent.length > RECENT_EVENTS * 1.5) this.#recent = this.#recent.slice(-RECENT_EVENTS);
		for (const event of taken) this.#tell(event);
		return true;
	}

	/** The state behind the events of an entry. Undefined where they cannot be followed: nothing is taken of such an entry, and it is told like one that cannot be read. */
	#follow(events: readonly Event[], position: Position): Fleet | undefined {
		try {
			const next = events.reduce(apply, this.#fleet);
			const leap = leapOf(this.#fleet, next);
			if (leap !== undefined) throw new RangeError(leap);
			return next;
		} catch (error) {
			const why = messageOf(error);
			const reason = `the events of entry ${position} cannot be followed: ${why}`.slice(0, 512);
			this.doubt([{ kind: "unreadable", position, reason }]);
			return undefined;
		}
	}

	/** Events behind `after` from memory, or undefined when memory does not reach back that far. */
	recent(after: number, limit: number): readonly Event[] | undefined {
		const first = this.#recent[0];
		if (after >= this.#fleet.seq) return [];
		if (first === undefined || first.seq > after + 1) return undefined;
		// Where entries are missing numbers are, too, so an event may stand before the place that its number names.
		let start = Math.min(after + 1 - first.seq, this.#recent.length);
		while (start > 0 && (this.#recent[start - 1]?.seq ?? 0) > after) start--;
		return this.#recent.slice(start, start + limit);
	}

	/** All events that are in memory, oldest first. */
	recentEvents(): readonly Event[] {
		return this.#recent;
	}

	/** Calls `listener` with every event from now on. One that throws is dropped and cannot stop the others. */
	subscribe(listener: (event: Event) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	#tell(event: Event): void {
		for (const listener of this.#listeners) {
			try {
				listener(event);
			} catch {
				this.#listeners.delete(listener);
			}
		}
	}
}
