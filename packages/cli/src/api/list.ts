/** The list in an answer like `{"machines": [...]}`, or the answer itself where it is the list. */
export function listOf(json: unknown, key: string): unknown {
	if (typeof json === "object" && json !== null && !Array.isArray(json) && key in json) {
		return (json as Record<string, unknown>)[key];
	}
	return json;
}
