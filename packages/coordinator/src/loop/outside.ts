/** The most that waits. Above it the newest is left out: a beat brings a notice again, and whoever leads next ends credentials again. */
const MAX_WAITING = 50_000;

/** What a leader does outside of the log, in the order in which it came about: at once where it is alone with the lead, else as soon as it is. */
export class Outside {
	readonly #isAlone: () => boolean;
	#waiting: (() => void)[] = [];

	constructor(isAlone: () => boolean) {
		this.#isAlone = isAlone;
	}

	do(work: () => void): void {
		this.look();
		if (this.#waiting.length === 0 && this.#isAlone()) work();
		else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(work);
	}

	/** Does what waited, where it may. */
	look(): void {
		if (this.#waiting.length === 0 || !this.#isAlone()) return;
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const work of waiting) work();
	}
}
