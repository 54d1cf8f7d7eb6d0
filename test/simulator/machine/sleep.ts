import type { Schedule } from "../schedule.ts";

/** When a machine was suspended: its monotonic clock stood still meanwhile. */
export class Sleep {
	/** When it goes on, or went on last. */
	until = 0;
	#from = 0;
	#before = 0;
	readonly #schedule: Schedule;

	constructor(schedule: Schedule) {
		this.#schedule = schedule;
	}

	begin(ms: number): void {
		if (this.left > 0) return;
		this.#before = this.passed;
		this.#from = this.#schedule.now;
		this.until = this.#from + ms;
	}

	/** For how long it goes on, in milliseconds; 0 while the machine is awake. */
	get left(): number {
		return Math.max(0, this.until - this.#schedule.now);
	}

	/** For how long the machine was suspended until now, in milliseconds. */
	get passed(): number {
		return this.#before + Math.min(this.#schedule.now, this.until) - this.#from;
	}
}
