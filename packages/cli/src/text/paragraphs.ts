/** A help text: its paragraphs broken anew at spaces to so many columns. Indented lines, and single ones that fit, stay as they are. */
export function fitParagraphs(text: string, columns: number | undefined): string {
	if (columns === undefined) return text;
	return text
		.split("\n\n")
		.map((block) => fitBlock(block, columns))
		.join("\n\n");
}

function fitBlock(block: string, columns: number): string {
	const lines: string[] = [];
	let paragraph = "";
	const flush = () => {
		if (paragraph !== "") lines.push(...broken(paragraph, columns));
		paragraph = "";
	};
	for (const line of block.split("\n")) {
		const isProse = /^\S/.test(line) && !line.endsWith(":");
		if (isProse) paragraph = paragraph === "" ? line : `${paragraph} ${line}`;
		else {
			flush();
			lines.push(line);
		}
	}
	flush();
	return lines.join("\n");
}

/** Help texts are of our own and plain ASCII: a character is a column. */
function broken(text: string, columns: number): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(" ")) {
		if (line !== "" && line.length + 1 + word.length > columns) {
			lines.push(line);
			line = word;
		} else line = line === "" ? word : `${line} ${word}`;
	}
	return [...lines, line];
}
