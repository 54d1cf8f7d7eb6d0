const ONE_BYTE_EACH = /^[ -~]*$/;

/** The bytes that a value takes in a message: UTF-8 of its JSON, in which some characters take six. */
export function messageBytes(value: unknown): number {
	const text = JSON.stringify(value);
	return ONE_BYTE_EACH.test(text) ? text.length : new TextEncoder().encode(text).length;
}
