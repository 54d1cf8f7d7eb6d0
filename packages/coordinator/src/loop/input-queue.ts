import type { ProblemCode } from "@rollcall/protocol";
import type { Answer, Input } from "../domain/inputs.ts";

/** How many inputs may wait for a turn. More are refused at once, so that a storm costs time but no memory. */
const MAX_WAITING = 16_384;
/** How many inputs one turn takes at most, so that its entry stays small and other work gets a chance. */
const MAX_PER_TURN = 256;

/** An input that waits for its answer. */
export interface Waiting {
	readonly input: Input;
	readonly resolve: (answer: Answer) => void;
}

/** Inputs in the order in which they came, and the way to be woken by one. */
export class InputQueue {
	#waiting: Waiting[] = [];
	#wake: () => void = () => {};

	submit(input: Input): Promise<Answer> {
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
			this.#waiting.push({ input, resolve });
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
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, ms);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
		this.#wake = () => {};
	}
}

/** A refusal as an answer. */
export function problem(code: ProblemCode, message: string, next: string): Answer {
	return { kind: "problem", problem: { code, message, next } };
}
