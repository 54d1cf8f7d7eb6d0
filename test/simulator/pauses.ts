/** A stall of the loop that is shorter says nothing about who was heard. */
const MOMENT_MS = 1_000;

/** When a process stood still, in milliseconds of the schedule. */
export class Pauses {
	readonly #all: { readonly from: number; until: number }[] = [];

	add(from: number, until: number): void {
		const last = this.#all.at(-1);
		if (last && last.from <= from && from <= last.until) last.until = Math.max(last.until, until);
		else this.#all.push({ from, until });
	}

	/** The process ended, and with it what was left of its pauses. */
	end(now: number): void {
		for (const pause of this.#all) pause.until = Math.min(pause.until, now);
	}

	/** For how long it stood still between two times; a moment is no standing still. */
	between(since: number, to: number): number {
		const long = this.#all.filter(({ from, until }) => until - from > MOMENT_MS);
		return long.reduce((sum, { from, until }) => sum + Math.max(0, Math.min(until, to) - Math.max(from, since)), 0);
	}
}
