import type { Answer, Input } from "../../domain/inputs.ts";
import type { Core } from "../../ports/core.ts";
import { notLeader, Refusal, refuse } from "./problem.ts";

/** Hands an input to the core and returns the answer of the kind that is expected. Throws a Refusal for any other. `isOver`: whether nobody waits for it any more. */
export async function askCore<K extends Answer["kind"]>(
	core: Core,
	input: Input,
	expected: K,
	isOver?: () => boolean,
): Promise<Extract<Answer, { kind: K }>> {
	const answer = await core.submit(input, undefined, isOver);
	if (answer.kind === expected) return answer as Extract<Answer, { kind: K }>;
	if (answer.kind === "problem") {
		if (answer.problem.code === "not-leader") throw notLeader(core.leadership().url);
		throw new Refusal(answer.problem);
	}
	if (answer.kind === "fenced")
		throw refuse("incarnation-fenced", answer.reason, {
			next: "its newest boot may ask; `rollcall machines` shows it",
		});
	if (answer.kind === "wait") throw refuse("not-ready", answer.reason, { next: "try again in a few seconds" });
	throw new Error(`input ${input.kind} was answered with ${answer.kind}, not ${expected}`);
}
