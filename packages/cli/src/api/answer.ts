import { check } from "@rollcall/protocol";
import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";

/** Anything that can say whether a value is what it should be: a zod schema of the protocol. */
export type Shape<T> = Parameters<typeof check>[0] & { readonly _output: T };

/** What the coordinator answered: as it came (for `-o json`), and checked. */
export interface ApiAnswer<T> {
	readonly json: unknown;
	readonly value: T;
}

/** Checks an answer against its schema. A coordinator of another version may say things that this command does not know. */
export function readAnswer<T>(shape: Shape<T>, json: unknown, subject: string): ApiAnswer<T> {
	const checked = check(shape, json, `the coordinator's answer about ${subject}`);
	if (checked.ok) return { json, value: checked.value as T };
	throw new Failure(checked.problem.message, {
		exit: EXIT.failed,
		next: "`rollcall status` shows the coordinator's version; use the same one here",
	});
}
