const CONTROL = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * A text from elsewhere (a machine's log, a reason, a host name) that can be shown on a terminal: control and direction
 * characters become visible, so that nobody else can move the operator's cursor. Tabs become spaces.
 */
export function printable(text: string): string {
	return text.replaceAll("\t", "    ").replaceAll(CONTROL, (character) => {
		const code = character.codePointAt(0) ?? 0;
		return code < 0x20 ? `^${String.fromCharCode(code + 64)}` : "\ufffd";
	});
}
