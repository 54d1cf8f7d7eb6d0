/** Reads a unit file as systemd.syntax(7) says: sections, settings in order, no line continuations (ours have none). */
export function readUnit(text: string): [section: string, key: string, value: string][] {
	let section = "";
	return text.split("\n").flatMap((line): [string, string, string][] => {
		if (line === "" || line.startsWith("#") || line.startsWith(";")) return [];
		const header = /^\[(.+)\]$/.exec(line)?.[1];
		if (header !== undefined) {
			section = header;
			return [];
		}
		const at = line.indexOf("=");
		if (at < 0) throw new Error(`neither a section nor a setting: ${line}`);
		return [[section, line.slice(0, at), line.slice(at + 1).trim()]];
	});
}

/** Splits a command line into words, with quotes, escapes, specifiers and variables as systemd.service(5) has them. */
export function readWords(text: string): string[] {
	const words: string[] = [];
	let at = 0;
	while (at < text.length) {
		while (text[at] === " ") at++;
		if (at >= text.length) break;
		let word = "";
		const quoted = text[at] === '"';
		if (quoted) at++;
		while (at < text.length && (quoted ? text[at] !== '"' : text[at] !== " ")) {
			if (text[at] === "\\") word += text[++at];
			else if (text[at] === "%" || text[at] === "$") {
				if (text[at + 1] !== text[at]) throw new Error(`a lone ${text[at]} would be replaced`);
				word += text[at++];
			} else word += text[at];
			at++;
		}
		if (quoted) at++;
		words.push(word);
	}
	return words;
}

/** What a unit gives a shell by this setting (`sh -c`); empty where it has no such setting. */
export function shellScript(unit: string, key: "ExecStart" | "ExecStop"): string {
	const words = readUnit(unit).find(([, name]) => name === key)?.[2] ?? "";
	return readWords(words).at(-1) ?? "";
}
