import type { ProblemCode } from "@rollcall/protocol";
import type { Asked } from "../domain/change.ts";
import type { Answer, Input } from "../domain/inputs.ts";
import type { Clock } from "../ports/clock.ts";

/** How many inputs may wait for a turn. More are refused at once, so that a storm costs time but no memory. */
const MAX_WAITING = 16_384;
/** How many inputs one turn takes at most, so that its entry stays small and other work gets a chance. */
const MAX_PER_TURN = 256;
/** How many of them are of machines that join: each costs some milliseconds, and who has joined, and asks or reports, is not to wait for all of them. */
const MAX_JOINING_PER_TURN = 48;

/** An input that waits for its answer. */
export interface Waiting {
	readonly input: Input;
	/** Who asked for it through the API. */
	readonly asked?: Asked | undefined;
	/** True once nobody waits for the answer any more. */
	readonly isOver?: (() => boolean) | undefined;
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

	submit(input: Input, asked?: Asked, isOver?: () => boolean): Promise<Answer> {
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
			this.#waiting.push({ input, asked, isOver, resolve });
			this.#wake();
		});
	}

	/** The next inputs in their order, at most as many as one turn takes, and of machines that join at most their share. Nothing comes of what nobody waits for. */
	take(): Waiting[] {
		const taken: Waiting[] = [];
		const left: Waiting[] = [];
		let joining = 0;
		for (const one of this.#waiting) {
			const joins = one.input.kind === "enroll";
			if (taken.length === MAX_PER_TURN || (joins && joining === MAX_JOINING_PER_TURN)) left.push(one);
			else if (one.isOver?.()) one.resolve(NOBODY_WAITS);
			else {
				taken.push(one);
				if (joins) joining++;
			}
		}
		this.#waiting = left;
		return taken;
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
		// With a reason of its own no error has to be made for every input.
		this.#wake = () => woken.abort("woken");
		await this.#clock.sleep(ms, woken.signal);
		this.#wake = () => {};
	}
}

const NOBODY_WAITS = problem("not-ready", "nobody waited for the answer any more", "ask again");

/** A refusal as an answer. */
export function problem(code: ProblemCode, message: string, next: string): Answer {
	return { kind: "problem", problem: { code, message, next } };
}
