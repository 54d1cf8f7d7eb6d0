import type { ClusterDocument } from "@rollcall/protocol";

/** Where something lies in the document. */
export type DocumentPath = readonly (string | number)[];

/** One thing that is wrong with a document: where, what, and what would be right. */
export interface Finding {
	readonly path: DocumentPath;
	readonly message: string;
	readonly suggestion?: string | undefined;
	/** The key at the end of the path is wrong, rather than its value. */
	readonly atKey?: true;
}

/** What a check found: faults refuse the document, warnings do not. */
export interface Verdict {
	readonly findings: readonly Finding[];
	readonly warnings: readonly Finding[];
}

/** A part of the whole-document check. */
export type Check = (document: ClusterDocument) => Partial<Verdict>;

/** A path as people write it: `slots[0].selector.minMemory`. Keys that are no plain words are put in quotes. */
export function pathText(path: DocumentPath): string {
	return path
		.map((part, index) => {
			if (typeof part === "number") return `[${part}]`;
			const plain = /^[A-Za-z_][\w-]*$/.test(part) ? part : undefined;
			if (plain === undefined) return `[${JSON.stringify(part.slice(0, 80))}]`;
			return index === 0 ? plain : `.${plain}`;
		})
		.join("");
}
