/** What went wrong, in one text: an error's message, of anything else what it is as a text. */
export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
