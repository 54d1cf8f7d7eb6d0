import { canonicalJson, decode, encode, Problem } from "@rollcall/protocol";
import type { z } from "zod";
import { holds, type Outcome, refused, TAKEN } from "../parser.ts";

/** What must be true of a message that a schema is to read: it is a value that reads the same when it is written again, or a whole Problem. */
export function decodesOrRefuses(schema: z.ZodType, bytes: Uint8Array, most?: number): Outcome {
	const read = decode(schema, bytes, "message", most);
	if (!read.ok) return wholeProblem(read.problem);
	readsTheSame(schema, read.value);
	return TAKEN;
}

/** Throws a Broken unless the value is of its schema, and still itself after it was written and read. */
export function readsTheSame(schema: z.ZodType, value: unknown): void {
	const again = decode(schema, encode(value), "what was written");
	if (!again.ok) holds(false, `what it gave cannot be read again: ${again.problem.message}`);
	else
		holds(canonicalJson(again.value) === canonicalJson(value), "what it gave is another value when it is read again");
}

/** A refusal, which has to be a Problem within its own bounds. */
export function wholeProblem(problem: unknown): Outcome {
	const read = Problem.safeParse(problem);
	holds(
		read.success,
		`its Problem is none: ${read.error?.issues[0]?.path.join(".")}: ${read.error?.issues[0]?.message}`,
	);
	holds(read.data.code !== "internal", "it refused with internal");
	return refused(`${read.data.code} ${read.data.message}`);
}
