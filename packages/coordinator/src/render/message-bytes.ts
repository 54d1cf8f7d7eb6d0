import { canonicalJson } from "@rollcall/protocol";

const ONE_BYTE_EACH = /^[ -~]*$/;

/** The bytes that a value takes in a message: UTF-8 of its JSON, in which some characters take six. The order of names does not matter, and canonical texts are kept. */
export function messageBytes(value: unknown): number {
	const text = canonicalJson(value);
	return ONE_BYTE_EACH.test(text) ? text.length : new TextEncoder().encode(text).length;
}
