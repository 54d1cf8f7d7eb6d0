import { Unencodable } from "../errors.ts";
import { shown } from "./shown.ts";

/** One line of dnsmasq's configuration: an option and its comma-separated values, or a remark. */
export type DnsmasqLine =
	| { readonly option: string; readonly values: readonly (string | { readonly quoted: string })[] }
	| { readonly remark: string };

/**
 * The text of a dnsmasq configuration (dnsmasq(8), "CONFIG FILE"). Values are cut at commas, `#` after a blank begins a
 * comment, and within double quotes a backslash escapes; so plain values hold none of these, and texts are quoted. Throws
 * Unencodable.
 */
export function dnsmasqConfig(lines: readonly DnsmasqLine[]): string {
	return lines
		.map((line) => {
			if ("remark" in line) return line.remark === "" ? "\n" : `# ${printable(line.remark, "remark")}\n`;
			if (!/^[a-z][a-z0-9-]*$/.test(line.option)) {
				throw new Unencodable("dnsmasq", "option", `${shown(line.option)} is not an option's name`);
			}
			if (line.values.length === 0) return `${line.option}\n`;
			return `${line.option}=${line.values.map((value) => encode(value, line.option)).join(",")}\n`;
		})
		.join("");
}

function encode(value: string | { readonly quoted: string }, option: string): string {
	if (typeof value !== "string") return `"${printable(value.quoted, option).replaceAll(/["\\]/g, "\\$&")}"`;
	if (!/^[A-Za-z0-9_.:/#%@?&=+~*!;${}[\]()<>|^'-]+$/.test(value)) {
		throw new Unencodable("dnsmasq", option, `${shown(value)} has blanks, commas, quotes, backslashes or is empty`);
	}
	return value;
}

function printable(text: string, place: string): string {
	if (!/^[ -~]*$/.test(text)) throw new Unencodable("dnsmasq", place, `${shown(text)} is not printable ASCII`);
	return text;
}
