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

/** The candidate that a misspelled name most likely meant, at most two edits away. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
	let best: { candidate: string; distance: number } | undefined;
	for (const candidate of candidates) {
		const distance = edits(name, candidate);
		if (distance <= 2 && (!best || distance < best.distance)) best = { candidate, distance };
	}
	return best?.candidate;
}

/** Levenshtein's distance. */
function edits(a: string, b: string): number {
	if (Math.abs(a.length - b.length) > 2) return 3;
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
		}
		row = next;
	}
	return row[b.length] ?? 0;
}
