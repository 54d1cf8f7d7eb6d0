/** An error as one line for a program's standard error: its message and the names of the functions it came through, never any source. */
export function errorLine(program: string, error: unknown): string {
	if (!(error instanceof Error)) return `${program}: ${oneLine(String(error))}\n`;
	const names = [...(error.stack ?? "").matchAll(/^\s+at (?:async )?([\w$.<>[\] ]{1,60}) \(/gm)]
		.slice(0, 6)
		.map((match) => match[1]);
	return `${program}: ${oneLine(error.message)}${names.length > 0 ? ` (in ${names.join(" < ")})` : ""}\n`;
}

function oneLine(text: string): string {
	return text.replaceAll(/\p{Cc}+/gu, " ").slice(0, 500);
}
