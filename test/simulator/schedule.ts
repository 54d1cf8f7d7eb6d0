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
			const parent = heap[(index - 1) >> 1] as Due;
			if (!isBefore(due, parent)) break;
			heap[index] = parent;
			index = (index - 1) >> 1;
		}
		heap[index] = due;
	}

	#pop(): void {
		const heap = this.#heap;
		const last = heap.pop();
		if (last === undefined || heap.length === 0) return;
		let index = 0;
		for (let child = 1; child < heap.length; child = index * 2 + 1) {
			const right = heap[child + 1];
			if (right !== undefined && isBefore(right, heap[child] as Due)) child += 1;
			const first = heap[child] as Due;
			if (!isBefore(first, last)) break;
			heap[index] = first;
			index = child;
		}
		heap[index] = last;
	}
}

function isBefore(a: Due, b: Due): boolean {
	return a.at < b.at || (a.at === b.at && a.order < b.order);
}
