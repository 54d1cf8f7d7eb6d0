import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Digest } from "./ids.ts";
import type { TargetContent } from "./target.ts";

/**
 * JSON with sorted keys and without insignificant space (the idea of RFC 8785; our values hold no floats), so that equal
 * values have equal texts. Keys whose value is undefined are left out, as `JSON.stringify` does.
 */
export function canonicalJson(value: unknown): string {
	if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
	const known = keptTexts.get(value);
	if (known !== undefined) return known;
	if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
	const members = value as Record<string, unknown>;
	let text = "";
	for (const key of sortedKeys(members)) {
		const member = members[key];
		if (member !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(member)}`;
	}
	return `{${text}}`;
}

const keptTexts = new WeakMap<object, string>();

/** Keeps the canonical JSON of a value that is part of many others, as long as the value lives. It must not change any more. */
export function keepText<T extends object>(value: T): T {
	keptTexts.set(value, canonicalJson(value));
	return value;
}

/** Most objects are written in the order of their keys already, and looking costs less than sorting. */
function sortedKeys(members: object): readonly string[] {
	const keys = Object.keys(members);
	for (let index = 1; index < keys.length; index++)
		if ((keys[index - 1] ?? "") > (keys[index] ?? "")) return keys.sort();
	return keys;
}

/** Gives SHA-256 of a text's UTF-8 bytes, or of bytes, hexadecimal. */
type Sha256 = (input: string | Uint8Array) => string;

/** SHA-256 of a text of two, three and four bytes a character, by other programs. */
const KNOWN = ["h\u00e9l\u20ac\u{1f600}", "9785d6b8c7588af25298a9f30c17428531ab87ad726e8536f3d6034815ec95b3"] as const;
let hexOf: Sha256 = (input) => bytesToHex(sha256(typeof input === "string" ? utf8ToBytes(input) : input));

/**
 * Has digests computed by other code from now on: this package imports nothing of Node, and whoever takes the digests of a whole fleet has
 * something faster than JavaScript. Throws an Error where it computes something else than SHA-256.
 */
export function computeSha256By(other: Sha256): void {
	const [text, digest] = KNOWN;
	if (other(text) !== digest || other(utf8ToBytes(text)) !== digest) throw new Error("what was given is no SHA-256");
	hexOf = other;
}

/** SHA-256 of bytes, hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
	return hexOf(bytes);
}

/** SHA-256 of a text's UTF-8 bytes, or of bytes. */
export function sha256Of(input: string | Uint8Array): Digest {
	return `sha256:${hexOf(input)}` as Digest;
}

/** The digest of a target: over its canonical JSON, so that it does not depend on the order of keys. */
export function digestOf(content: TargetContent): Digest {
	return sha256Of(canonicalJson(content));
}
