import { Unencodable } from "../errors.ts";
import { shown } from "./shown.ts";

/** A value of a statement: words and numbers as they are, texts in quotes. */
export type DhcpdValue = string | { readonly quoted: string };

/** One statement of ISC's dhcpd (dhcpd.conf(5)): words up to a semicolon, or words and a block; or a remark. */
export type DhcpdStatement =
	| { readonly words: readonly DhcpdValue[]; readonly block?: readonly DhcpdStatement[] }
	| { readonly remark: string };

/**
 * The text of a dhcpd configuration. Words hold nothing that ends a statement, begins a comment or a text; within quotes a
 * backslash escapes. Throws Unencodable.
 */
export function dhcpdConfig(statements: readonly DhcpdStatement[], depth = 0): string {
	const indent = "  ".repeat(depth);
	return statements
		.map((statement) => {
			if ("remark" in statement) return `${indent}# ${printable(statement.remark)}\n`;
			const words = statement.words.map(encode).join(" ");
			if (!statement.block) return `${indent}${words};\n`;
			return `${indent}${words} {\n${dhcpdConfig(statement.block, depth + 1)}${indent}}\n`;
		})
		.join("");
}

function encode(value: DhcpdValue): string {
	if (typeof value !== "string") return `"${printable(value.quoted).replaceAll(/["\\]/g, "\\$&")}"`;
	if (!/^[A-Za-z0-9_.:=,/-]+$/.test(value))
		throw new Unencodable("dhcpd", "word", `${shown(value)} has blanks, quotes or marks that dhcpd reads`);
	return value;
}

function printable(text: string): string {
	if (!/^[ -~]*$/.test(text)) throw new Unencodable("dhcpd", "text", `${shown(text)} is not printable ASCII`);
	return text;
}
