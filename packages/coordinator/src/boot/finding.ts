/** Something wrong at a place of a document. `line` and `column` count from 1, where the text is known. */
export interface Finding {
	readonly path: readonly (string | number)[];
	readonly message: string;
	readonly line?: number;
	readonly column?: number;
	/** What to write instead, as a person reads it: `did you mean files?`. */
	readonly suggestion?: string | undefined;
}

/** `storage.files[2].path` of a path, `the document` of an empty one. */
export function pathText(path: readonly (string | number)[]): string {
	let text = "";
	for (const part of path) text += typeof part === "number" ? `[${part}]` : text === "" ? part : `.${part}`;
	return text === "" ? "the document" : text;
}

/** A finding as a person reads it, in the form that all documents have: `storage.files[2].path: line 12, column 7: ...`. */
export function findingText({ path, line, column, message, suggestion }: Finding): string {
	const place = line === undefined ? "" : `line ${line}${column === undefined ? "" : `, column ${column}`}: `;
	return `${pathText(path)}: ${place}${message}${suggestion ? ` (${suggestion})` : ""}`;
}
