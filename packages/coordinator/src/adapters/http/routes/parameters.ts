import { MachineId } from "@rollcall/protocol";
import { z } from "zod";

/** No parameters: anything that is sent is an error, so that a misspelt filter does not count as none. */
export const NOTHING = z.strictObject({});

/** A machine as a person names it. */
export const MachineParams = z.strictObject({
	id: z
		.string()
		.regex(
			/^[a-z0-9](?:[a-z0-9-]{0,62})$/,
			"a machine id, a node name, or the beginning of one: 1 to 63 of a-z, 0-9 and '-'",
		)
		.meta({ description: "Machine id or node name, or an unambiguous beginning of one" }),
});

/** A whole number in a query, which is text. */
export function wholeNumber(bounds: { min: number; max: number }): z.ZodType<number, string> {
	return z
		.string()
		.regex(/^\d{1,16}$/, "a whole number")
		.transform(Number)
		.refine((number) => number >= bounds.min && number <= bounds.max, `a number from ${bounds.min} to ${bounds.max}`)
		.meta({ type: "integer", minimum: bounds.min, maximum: bounds.max, pattern: undefined });
}

/** A machine id in a query. */
export const MachineIdQuery = MachineId.optional();
