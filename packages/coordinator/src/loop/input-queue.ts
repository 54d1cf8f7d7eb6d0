import type { ProblemCode } from "@rollcall/protocol";
import type { Asked } from "../domain/change.ts";
import type { Answer, Input } from "../domain/inputs.ts";
import type { Clock } from "../ports/clock.ts";

/** How many inputs may wait for a turn. More are refused at once, so that a storm costs time but no memory. */
const MAX_WAITING = 16_384;
/** How many inputs one turn takes at most, so that its entry stays small and other work gets a chance. */
const MAX_PER_TURN = 256;

/** An input that waits for its answer. */
export interface Waiting {
	readonly input: Input;
	/** Who asked for it through the API. */
	readonly asked?: Asked | undefined;
	readonly resolve: (answer: Answer) => void;
}

/** Inputs in the order in which they came, and the way to be woken by one. */
export class InputQueue {
	readonly #clock: Pick<Clock, "sleep">;
	#waiting: Waiting[] = [];
	#wake: () => void = () => {};

	constructor(clock: Pick<Clock, "sleep">) {
		this.#clock = clock;
	}

	submit(input: Input, asked?: Asked): Promise<Answer> {
		if (this.#waiting.length >= MAX_WAITING) {
			return Promise.resolve(
				problem(
					"too-many-requests",
					`the coordinator has ${MAX_WAITING} requests waiting`,
					"try again in a few seconds",
				),
			);
		}
		return new Promise((resolve) => {
			this.#waiting.push({ input, asked, resolve });
			this.#wake();
		});
	}

	/** The next inputs, at most as many as one turn takes. */
	take(): Waiting[] {
		return this.#waiting.splice(0, MAX_PER_TURN);
	}

	get size(): number {
		return this.#waiting.length;
	}

	/** Answers everything that waits, because this coordinator cannot. */
	refuseAll(answer: Answer): void {
		for (const waiting of this.#waiting.splice(0)) waiting.resolve(answer);
	}

	/** Resolves when an input comes or after `ms`, whichever is first; at once when one waits already. */
	async next(ms: number): Promise<void> {
		if (this.#waiting.length > 0) return;
		const woken = new AbortController();
		this.#wake = () => woken.abort();
		await this.#clock.sleep(ms, woken.signal);
		this.#wake = () => {};
	}
}

/** A refusal as an answer. */
export function problem(code: ProblemCode, message: string, next: string): Answer {
	return { kind: "problem", problem: { code, message, next } };
}
