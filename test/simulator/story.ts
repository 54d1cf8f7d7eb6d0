import { describe } from "@rollcall/coordinator/simulator";
import type { Event } from "@rollcall/protocol";
import type { Schedule } from "./schedule.ts";

/** What happened in a run, in order: moves, troubles that coordinators tell of, and every event that was stored, lost ones included. */
export class Story {
	readonly #schedule: Schedule;
	readonly #told: { readonly now: number; readonly what: string | Event }[] = [];

	constructor(schedule: Schedule) {
		this.#schedule = schedule;
	}

	tell(what: string | Event): void {
		this.#told.push({ now: this.#schedule.now, what });
	}

	/** One line each, with the seconds since the run began. `events`: at most so many of the newest. */
	lines(events = Number.POSITIVE_INFINITY): string[] {
		let left = events;
		const shown = this.#told.toReversed().filter(({ what }) => typeof what === "string" || left-- > 0);
		return shown.reverse().map(({ now, what }) => {
			const text = typeof what === "string" ? what : `  ${what.seq} ${describe(what)}`;
			return `${(now / 1000).toFixed(1).padStart(7)} ${text}`;
		});
	}
}
