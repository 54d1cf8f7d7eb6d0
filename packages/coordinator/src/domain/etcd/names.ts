/** So many names a reason lists. */
const MAX_NAMED = 8;

/** Names in one text, not too many of them. */
export function names(all: readonly string[]): string {
	const more = all.length > MAX_NAMED ? ` and ${all.length - MAX_NAMED} more` : "";
	return `${all.slice(0, MAX_NAMED).join(", ")}${more}`;
}
