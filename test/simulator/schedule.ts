/** So many things are done in one round of the computer's own event loop, which costs as much as some of them. */
const ROUND = 64;

interface Due {
	readonly at: number;
	readonly order: number;
	run: (() => void) | undefined;
}

/** Virtual time in milliseconds: what is due runs in order of time, and of asking where times are equal. */
export class Schedule {
	now = 0;
	#order = 0;
	readonly #heap: Due[] = [];

	/** Does something in so many milliseconds. Returns how to leave it. */
	after(ms: number, run: () => void): () => void {
		const due: Due = { at: this.now + Math.max(0, ms), order: this.#order++, run };
		this.#push(due);
		return () => {
			due.run = undefined;
		};
	}

	/** Runs everything that is due up to a time, each with all that follows from it without waiting: after each immediate all promises come. */
	runUntil(at: number): Promise<void> {
		return new Promise((resolve, reject) => {
			let left = 0;
			const round = (): void => {
				left = ROUND;
				for (let index = 0; index < ROUND; index++) setImmediate(step);
			};
			const end = (settle: () => void): void => {
				left = Number.NEGATIVE_INFINITY;
				settle();
			};
			const step = (): void => {
				if (left <= 0) return;
				left -= 1;
				try {
					if (!this.#runFirst(at)) end(resolve);
				} catch (error) {
					end(() => reject(error));
				}
				if (left === 0) round();
			};
			round();
		});
	}

	/** False when nothing is due any more up to a time. */
	#runFirst(at: number): boolean {
		for (;;) {
			const first = this.#heap[0];
			if (!first || first.at > at) {
				this.now = at;
				return false;
			}
			this.#pop();
			const { run } = first;
			if (!run) continue;
			this.now = first.at;
			run();
			return true;
		}
	}

	#push(due: Due): void {
		const heap = this.#heap;
		let index = heap.push(due) - 1;
		while (index > 0) {
			const parent = (index - 1) >> 1;
			if (!this.#swapIfBefore(index, parent)) break;
			index = parent;
		}
	}

	#pop(): void {
		const heap = this.#heap;
		const last = heap.pop();
		if (last === undefined || heap.length === 0) return;
		heap[0] = last;
		let index = 0;
		for (;;) {
			const left = index * 2 + 1;
			const child = this.#isBefore(left + 1, left) ? left + 1 : left;
			if (child >= heap.length || !this.#swapIfBefore(child, index)) break;
			index = child;
		}
	}

	#isBefore(a: number, b: number): boolean {
		const [first, second] = [this.#heap[a], this.#heap[b]];
		if (!first || !second) return false;
		return first.at < second.at || (first.at === second.at && first.order < second.order);
	}

	#swapIfBefore(a: number, b: number): boolean {
		const [first, second] = [this.#heap[a], this.#heap[b]];
		if (!first || !second || !this.#isBefore(a, b)) return false;
		this.#heap[a] = second;
		this.#heap[b] = first;
		return true;
	}
}
