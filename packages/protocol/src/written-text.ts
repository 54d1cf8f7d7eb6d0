import { z } from "zod";

/** A text that a person writes and others read, of at most so many characters: without control characters but for tab and line feed, and without halves of characters. */
export function writtenText(most: number): z.ZodString {
	return z
		.string()
		.max(most)
		.regex(
			/^(?:[^\p{Cc}\p{Cs}]|[\t\n])*$/u,
			"has a character that nobody can read: a control character, or half of one",
		);
}
