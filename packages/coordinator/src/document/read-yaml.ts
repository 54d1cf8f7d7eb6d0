import { DOCUMENT_LIMITS, messageOf } from "@rollcall/protocol";
import { isAlias, isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument as parseYaml } from "yaml";
import type { DocumentPath, Finding } from "./finding.ts";
import { aliasFault, faultText, unseenKey, type YamlFault } from "./yaml-fault.ts";

/** How often aliases may repeat anchors: enough to share a selector, too few to make a small text expand to a huge document. */
const MAX_ALIASES = 100;

/** A document as plain values, with the way back to its text. */
export interface YamlValue {
	readonly ok: true;
	readonly value: unknown;
	/** Line and column, from 1, of the value at `path` (or of its key), or of the nearest value above it. */
	readonly locate: (path: DocumentPath, atKey?: true) => { readonly line: number; readonly column: number } | undefined;
	/** The text of the scalar at `path`, as it was written. */
	readonly source: (path: DocumentPath) => string | undefined;
}
/** A fault of the YAML itself. `message` begins with the place, where there is one. */
interface YamlFinding extends Finding {
	/** What is wrong, without the place. */
	readonly fault: string;
	/** From 1. */
	readonly at?: { readonly line: number; readonly column: number };
}
/** All that is wrong with a text. */
export interface YamlFailure {
	readonly ok: false;
	readonly findings: readonly YamlFinding[];
}

/** Reads one YAML 1.2 document (core schema: no dates, no binary, no merge keys; every key once). Never throws. */
export function readYaml(text: string): YamlValue | YamlFailure {
	if (text.length > DOCUMENT_LIMITS.characters) {
		return failure(`the document has ${text.length} characters, at most ${DOCUMENT_LIMITS.characters} are read`);
	}
	try {
		return read(text);
	} catch (error) {
		// Nested so deeply that the parser gave up, or aliases in aliases; those that are merely many were found before.
		if (error instanceof ReferenceError)
			return failure("aliases of anchors within anchors make the document too large");
		return failure(error instanceof RangeError ? "the document is nested too deeply" : messageOf(error));
	}
}

function read(text: string): YamlValue | YamlFailure {
	const lines = new LineCounter();
	const document = parseYaml(text, {
		version: "1.2",
		schema: "core",
		uniqueKeys: true,
		lineCounter: lines,
		prettyErrors: false,
		// The parser's option `silent` would also hide that there is a second document.
		logLevel: "error",
	});
	// After a first fault the parser stumbles over each token that follows: only the first one tells something.
	const faults = [...document.errors, ...document.warnings].filter(
		({ code }, index) => index === 0 || code !== "UNEXPECTED_TOKEN",
	);
	if (faults.length > 0) {
		return { ok: false, findings: faults.slice(0, 16).map((fault) => found(faultText(fault), fault.pos[0], lines)) };
	}
	const alias = aliasFault(document, MAX_ALIASES);
	if (alias) return { ok: false, findings: [found(alias, alias.offset, lines)] };
	// Looked for only where the text has it: a walk through a large document takes its time.
	const unseen = /__proto__|\\[xuU]/.test(text) ? unseenKey(document) : undefined;
	if (unseen) return { ok: false, findings: [found(unseen, unseen.offset, lines)] };
	const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES + 1 });
	if (value === null || value === undefined) return failure("the document is empty");
	const find = (path: DocumentPath): unknown => nodeAt(document.contents, path, document);
	return {
		ok: true,
		value,
		locate(path, atKey) {
			const key = atKey ? keyAt(find(path.slice(0, -1)), path.at(-1)) : undefined;
			if (key?.range) {
				const { line, col } = lines.linePos(key.range[0]);
				return { line, column: col };
			}
			for (let length = path.length; length >= 0; length--) {
				const node = find(path.slice(0, length));
				if (isNode(node) && node.range) {
					const { line, col } = lines.linePos(node.range[0]);
					return { line, column: col };
				}
			}
			return undefined;
		},
		source(path) {
			const node = find(path);
			return isScalar(node) ? node.source : undefined;
		},
	};
}

function keyAt(map: unknown, name: string | number | undefined): Node | undefined {
	if (!isMap(map)) return undefined;
	const key = map.items.find((item) => isScalar(item.key) && String(item.key.value) === name)?.key;
	return isNode(key) ? key : undefined;
}

// Like getIn(), but a key at the end of a path that is not there gives its own node where the key itself is wrong.
function nodeAt(root: Node | null, path: DocumentPath, document: ReturnType<typeof parseYaml>): unknown {
	let node: unknown = root;
	for (const part of path) {
		if (isAlias(node)) node = node.resolve(document);
		if (typeof node !== "object" || node === null || !("items" in node) || !Array.isArray(node.items)) return undefined;
		if (typeof part === "number") node = node.items[part];
		else {
			const pair = node.items.find(
				(item: unknown) => isPair(item) && isScalar(item.key) && String(item.key.value) === part,
			);
			node = isPair(pair) ? (pair.value ?? pair.key) : undefined;
		}
	}
	return isAlias(node) ? node.resolve(document) : node;
}

function found({ message, suggestion }: YamlFault, offset: number, lines: LineCounter): YamlFinding {
	const { line, col } = lines.linePos(offset);
	return {
		path: [],
		message: `line ${line}, column ${col}: ${message}`,
		fault: message,
		at: { line, column: col },
		...(suggestion === undefined ? {} : { suggestion }),
	};
}

function failure(message: string): YamlFailure {
	return { ok: false, findings: [{ path: [], message, fault: message }] };
}
