/** Something wrong at a place of a document. `line` counts from 1, where the text is known. */
export interface Finding {
	readonly path: readonly (string | number)[];
	readonly message: string;
	readonly line?: number;
	readonly suggestion?: string;
}

/** `storage.files[2].path` of a path, `the document` of an empty one. */
export function pathText(path: readonly (string | number)[]): string {
	let text = "";
	for (const part of path) text += typeof part === "number" ? `[${part}]` : text === "" ? part : `.${part}`;
	return text === "" ? "the document" : text;
}

/** A finding as a person reads it: `line 12, storage.files[2].path: ...`. */
export function findingText(finding: Finding): string {
	const where = finding.line === undefined ? pathText(finding.path) : `line ${finding.line}, ${pathText(finding.path)}`;
	return `${where}: ${finding.message}${finding.suggestion ? ` (did you mean ${finding.suggestion}?)` : ""}`;
}
