import { z } from "zod";

/** No parameters: anything that is sent is an error, so that a misspelt filter does not count as none. */
export const NOTHING = z.strictObject({});

/** A machine as a person names it. */
export const MachineParams = z.strictObject({
	id: z
		.string()
		.regex(/^[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}$/, "a name of a machine: 1 to 128 letters, digits and . : _ -")
		.meta({
			description:
				"A machine by its id, node name, MAC, IP address, serial number, UUID or host name, or by an unambiguous beginning of one",
		}),
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
