const ESCAPES: Record<string, string> = { t: "\t", n: "\n", b: "\b", r: "\r", e: "\u001b", '"': '"', "\\": "\\" };

/** Reads dnsmasq's configuration after `read_file` and `split_chr` in its `src/option.c`: option and values per line. */
export function parseDnsmasq(text: string): { option: string; values: string[] }[] {
	const result: { option: string; values: string[] }[] = [];
	for (const line of text.split("\n")) {
		let clean = "";
		let quoted = false;
		const literal = new Set<number>();
		for (let index = 0; index < line.length; index++) {
			const character = line[index] as string;
			if (character === '"') {
				quoted = !quoted;
				continue;
			}
			if (quoted) {
				let value = character;
				if (character === "\\" && (ESCAPES[line[index + 1] ?? ""] ?? "") !== "") {
					index++;
					value = ESCAPES[line[index] as string] as string;
				}
				literal.add(clean.length);
				clean += value;
				continue;
			}
			if (character === "#" && (index === 0 || /\s/.test(line[index - 1] as string))) break;
			clean += character;
		}
		const end = clean.trimEnd().length;
		if (clean.trim() === "") continue;
		const equals = clean.indexOf("=");
		const option = (equals < 0 ? clean : clean.slice(0, equals)).trim();
		if (equals < 0) {
			result.push({ option, values: [] });
			continue;
		}
		const values = [""];
		const last = literal.size > 0 ? clean.length : end;
		for (let index = equals + 1; index < last; index++) {
			if (clean[index] === "," && !literal.has(index)) values.push("");
			else values.push(`${values.pop()}${clean[index]}`);
		}
		result.push({ option, values });
	}
	return result;
}
