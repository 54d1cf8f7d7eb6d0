/** The longest line of a unit, in bytes. */
const LONGEST = 2048;

/**
 * Why Ignition does not take the content of a unit or of a drop-in; undefined where it does. It reads them by sections and options
 * (systemd.syntax(7)) and ends the boot where it cannot, while systemd would only complain of the line.
 */
export function unitContentFault(content: string): string | undefined {
	const raw = content.split("\n");
	const lines = raw.map((line) => line.replace(/\r$/, ""));
	const long = lines.findIndex((line) => new TextEncoder().encode(line).length > LONGEST);
	if (long >= 0) return `line ${long + 1}: longer than ${LONGEST} bytes`;
	let inSection = false;
	for (let at = 0; at < lines.length; at++) {
		const line = inSection ? (lines[at] ?? "").trimStart() : fromSection(lines[at] ?? "");
		if (line === "") continue;
		if (isComment(line)) at = endOf(raw, at, / ?$/);
		else if (line.startsWith("[")) {
			const [, name, rest = ""] = /^\[([^\]]*)\](.*)$/s.exec(line) ?? [];
			if (name === undefined) return `line ${at + 1}: a section's name has no end`;
			if (rest.trim() !== "") return `line ${at + 1}: something stands behind the name of a section`;
			inSection = true;
		} else if (!line.includes("=")) return `line ${at + 1}: neither a section nor an option with a value`;
		// Behind a backslash a line with a carriage return ends all the same.
		else at = endOf(raw, at, /$/);
	}
	return undefined;
}

/** Before the first section only sections and comments count. */
function fromSection(line: string): string {
	return line.slice(line.search(/[[#;]|$/));
}

function isComment(line: string): boolean {
	return line.startsWith("#") || line.startsWith(";");
}

/** The last line of what begins here: a backslash at the end of a line goes on in the next one. `end`: what may stand behind it. */
function endOf(lines: readonly string[], from: number, end: RegExp): number {
	let at = from;
	while (at < lines.length - 1 && (lines[at] ?? "").replace(end, "").endsWith("\\")) {
		at++;
		if ((lines[at] ?? "").trim() === "") break;
	}
	return at;
}
