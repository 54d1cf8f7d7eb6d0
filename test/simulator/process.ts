import type { Schedule } from "./schedule.ts";

/** A program that runs in virtual time. It may stand still for a while, and end at any point: what it waits for then never comes. */
export class Process {
	readonly #schedule: Schedule;
	#alive = true;
	#pausedUntil = 0;

	constructor(schedule: Schedule) {
		this.#schedule = schedule;
	}

	get alive(): boolean {
		return this.#alive;
	}

	/** The end of the last pause. */
	get pausedUntil(): number {
		return this.#pausedUntil;
	}

	/** Ends it as a power cut would. */
	end(): void {
		this.#alive = false;
	}

	pause(ms: number): void {
		this.#pausedUntil = Math.max(this.#pausedUntil, this.#schedule.now + ms);
	}

	/** Does something in so many milliseconds, or when it goes on after a pause. Returns how to leave it. */
	after(ms: number, work: () => void): () => void {
		return this.#schedule.after(ms, () => this.run(work));
	}

	/** Does something now, or when it goes on after a pause; never, when it ended. */
	run(work: () => void): void {
		if (!this.#alive) return;
		const left = this.#pausedUntil - this.#schedule.now;
		if (left > 0) this.#schedule.after(left, () => this.run(work));
		else work();
	}

	/** Ends after `ms`, or at once when `signal` is aborted. */
	sleep(ms: number, signal: AbortSignal): Promise<void> {
		if (signal.aborted) return Promise.resolve();
		return new Promise((resolve) => {
			const sleepers = sleepersOf(signal);
			const woken = (): void => {
				leave();
				resolve();
			};
			const leave = this.after(ms, () => {
				sleepers.delete(woken);
				resolve();
			});
			sleepers.add(woken);
		});
	}
}

/** Who sleeps until a signal. One listener is for all of them: to add and remove one for each sleep would take a good part of a run. */
const SLEEPERS = new WeakMap<AbortSignal, Set<() => void>>();

function sleepersOf(signal: AbortSignal): Set<() => void> {
	const known = SLEEPERS.get(signal);
	if (known) return known;
	const sleepers = new Set<() => void>();
	SLEEPERS.set(signal, sleepers);
	const wakeAll = (): void => {
		for (const woken of sleepers) woken();
		sleepers.clear();
	};
	signal.addEventListener("abort", wakeAll, { once: true });
	return sleepers;
}
