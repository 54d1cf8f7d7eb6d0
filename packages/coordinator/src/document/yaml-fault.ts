import { type Document, isNode, isScalar, visit, type YAMLError } from "yaml";

/** What is wrong with a text as YAML, and what would be right. */
export interface YamlFault {
	readonly message: string;
	readonly suggestion?: string;
}

/** What the parser's own words do not tell a person who writes a document; the codes are those of the package `yaml`. */
const FAULTS: Partial<Record<YAMLError["code"], YamlFault>> = {
	MULTIPLE_DOCS: {
		message: "a second document begins here",
		suggestion:
			"one file holds one document: take out the line with --- and what follows, or give it a file of its own",
	},
	TAB_AS_INDENT: { message: "it is indented with a tab", suggestion: "indent it with spaces" },
	DUPLICATE_KEY: {
		message: "Map keys must be unique, and this one is there already",
		suggestion: "give each key once",
	},
	BAD_INDENT: {
		message: "it is not indented as what it belongs to, or a bracket above it is not closed",
		suggestion: "begin all keys of a map, and all dashes of a list, in one column",
	},
	MISSING_CHAR: {
		message: "something is missing before this: a closing quote, bracket or brace, a comma, or the colon behind a key",
		suggestion: "look at this line and at the one above it",
	},
	BLOCK_AS_IMPLICIT_KEY: {
		message: "a map begins within a line, or this line is indented too far",
		suggestion: "put a value with a colon in quotes, and give the keys of a map a line each, in one column",
	},
	MULTILINE_IMPLICIT_KEY: { message: "a colon is missing behind this key", suggestion: "write it as key: value" },
	UNEXPECTED_TOKEN: {
		message: "this does not belong here: a list and a map cannot be mixed, and nothing follows a closed value",
		suggestion: "look at the indentation of this line and of those above it",
	},
	BAD_DIRECTIVE: { message: "this line with % is not understood", suggestion: "take it out; YAML 1.2 is read" },
	MULTIPLE_ANCHORS: { message: "a value has one anchor at most", suggestion: "take one of them out" },
	TAG_RESOLVE_FAILED: { message: "this tag is not known", suggestion: "leave out the ! and the word behind it" },
	BAD_ALIAS: { message: "this is no alias of an anchor", suggestion: "put a text that begins with * or & in quotes" },
	BAD_SCALAR_START: { message: "a value cannot begin with this character", suggestion: "put the value in quotes" },
	RESOURCE_EXHAUSTION: {
		message: "too many lists and maps lie in each other here",
		suggestion: "a document of ours needs some ten levels",
	},
	BAD_DQ_ESCAPE: {
		message: "this backslash begins nothing that is known in double quotes",
		suggestion: "write it twice, or use single quotes",
	},
};

/** A fault of the parser, explained by our own text where there is one for its code. */
export function faultText({ code, message }: YAMLError): YamlFault {
	return FAULTS[code] ?? { message };
}

/** A fault of an alias, and where in the text it stands: one that no anchor belongs to, or one more than `most`. */
export function aliasFault(document: Document, most: number): (YamlFault & { readonly offset: number }) | undefined {
	let count = 0;
	let found: (YamlFault & { readonly offset: number }) | undefined;
	visit(document, {
		Alias(_key, alias) {
			count += 1;
			const offset = alias.range?.[0] ?? 0;
			if (count > most) {
				const suggestion = "write the values out, or take a shorter list";
				found = { offset, message: `anchors are repeated more than ${most} times`, suggestion };
			} else if (alias.resolve(document) === undefined) {
				const suggestion = `set it before with &${alias.source}, or put the text in quotes`;
				found = { offset, message: `no anchor ${alias.source} was set before`, suggestion };
			}
			return found ? visit.BREAK : undefined;
		},
	});
	return found;
}

/** The key `__proto__`, which no schema sees: what it holds would be left out in silence. And where in the text it stands. */
export function unseenKey(document: Document): (YamlFault & { readonly offset: number }) | undefined {
	let offset: number | undefined;
	visit(document, {
		Pair(_key, { key }) {
			if (!isScalar(key) || key.value !== "__proto__") return undefined;
			offset = (isNode(key) && key.range?.[0]) || 0;
			return visit.BREAK;
		},
	});
	if (offset === undefined) return undefined;
	return { offset, message: '"__proto__" cannot be a key', suggestion: "name it otherwise, or leave it out" };
}
