/** Characters that a terminal may take for a command, or that show nothing, and that JSON may hold as they are. */
const NOT_PLAIN = /[\u007f-\u009f\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;

/** JSON that is safe on a terminal and means the same. */
export function jsonText(json: unknown, indent?: number): string {
	return JSON.stringify(json ?? null, null, indent).replaceAll(NOT_PLAIN, (character) =>
		Array.from(
			{ length: character.length },
			(_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
		).join(""),
	);
}
