/** What stands where a word is meant: the word, or the JSON of what is none. Not `String`, which ends with what has no text. */
export function wordOf(value: unknown): string {
	return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
