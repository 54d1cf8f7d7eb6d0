/**
 * Control characters, and all of Unicode's characters that show nothing (direction, no width, fillers, tags), but for those that make one
 * picture of two emoji, choose how a picture is drawn, or make a keycap of a digit: between letters they would make two names look the same.
 */
const CONTROL =
	/(?!(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic}))(?!(?<=\p{Extended_Pictographic})\ufe0f|(?<=[0-9#*])\ufe0f(?=\u20e3))[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;

/**
 * A text from elsewhere (a machine's log, a reason, a host name) that can be shown on a terminal: control characters and
 * those that cannot be seen become visible, so that nobody else can move the operator's cursor or name himself as another does. Tabs become spaces.
 */
export function printable(text: string): string {
	return text.replaceAll("\t", "    ").replaceAll(CONTROL, (character) => {
		const code = character.codePointAt(0) ?? 0;
		return code < 0x20 ? `^${String.fromCharCode(code + 64)}` : "\ufffd";
	});
}

/**
 * Marks styles that are ours: nobody who sends us text knows it. With it a style is a sequence that takes no place, and that
 * `settled` alone turns into what a terminal understands.
 */
const OWN = String(10_000 + Math.floor(Math.random() * 2 ** 40));
const OWN_STYLE = new RegExp(`\\u001b\\[${OWN};(\\d{1,2})m`, "g");

/** A style (SGR of ECMA-48) of our own. */
export function ownStyle(code: number): string {
	return `\u001b[${OWN};${code}m`;
}

/**
 * The one place that everything printed goes through: styles of our own become real, line breaks stay, and all other control
 * and direction characters, whoever sent them, become visible.
 */
export function settled(text: string): string {
	// Split at a pattern with one group: texts and codes of styles take turns.
	return text
		.split(OWN_STYLE)
		.map((part, index) => (index % 2 === 1 ? `\u001b[${part}m` : part.split("\n").map(printable).join("\n")))
		.join("");
}
