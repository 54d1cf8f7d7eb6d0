/** The bytes that a value takes in a message: UTF-8 of its JSON, in which some characters take six. */
export function messageBytes(value: unknown): number {
	return new TextEncoder().encode(JSON.stringify(value)).length;
}
