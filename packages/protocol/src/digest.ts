import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Digest } from "./ids.ts";
import type { TargetContent } from "./target.ts";

/**
 * JSON with sorted keys and without insignificant space (the idea of RFC 8785; our values hold no floats), so that equal
 * values have equal texts. Keys whose value is undefined are left out, as `JSON.stringify` does.
 */
export function canonicalJson(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
	if (value !== null && typeof value === "object") {
		const entries = Object.entries(value)
			.filter(([, item]) => item !== undefined)
			.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
		return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
	}
	return JSON.stringify(value) ?? "null";
}

/** SHA-256 of a text's UTF-8 bytes, or of bytes. */
export function sha256Of(input: string | Uint8Array): Digest {
	return `sha256:${bytesToHex(sha256(typeof input === "string" ? utf8ToBytes(input) : input))}` as Digest;
}

/** The digest of a target: over its canonical JSON, so that it does not depend on the order of keys. */
export function digestOf(content: TargetContent): Digest {
	return sha256Of(canonicalJson(content));
}
