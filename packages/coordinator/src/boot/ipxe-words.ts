import { Unencodable } from "../errors.ts";
import { shown } from "./shown.ts";

/** A value that iPXE fills in on the machine, like `mac:hexhyp`. */
interface IpxeSetting {
	readonly setting: string;
}

/** One word of an iPXE command: literal text and settings, side by side. */
export type IpxeWord = readonly (string | IpxeSetting)[];

// Settings whose text cannot hold a blank, a quote or `${`, whatever DHCP or the firmware says (ipxe.org/cfg): addresses,
// numbers and iPXE's own names, also of the interface that was opened last (`netX`) and of one source (`net0.dhcp`). Of the
// others only the percent-encoded and the hexadecimal forms are taken.
const SAFE_SETTING =
	/^(?:(?:net(?:\d{1,2}|X)(?:\.(?:dhcp|dhcpv6|ndp|settings))?\/)?(?:mac(?::hexhyp|:hexraw|:hex)?|busid|bustype|ifname|chip|mtu|vlan|(?:ip|gateway|dns)6?|netmask|len6|next-server|dhcp-server)(?::ipv[46])?|(?:smbios\/)?uuid|buildarch|platform|unixtime|memsize|(?:[a-zA-Z0-9][a-zA-Z0-9./-]*):(?:uristring|hexhyp|hexraw|hex|u?int(?:8|16|32)|guid|uuid))$/;

/** True for a setting that may stand in a script: its value cannot become more than one word. */
export function isSafeSetting(name: string): boolean {
	return SAFE_SETTING.test(name);
}

/**
 * Text as one word of a line (iPXE `src/core/exec.c`: a line is cut at blanks, `||`, `&&`, `;` are words, a word that
 * begins with `#` starts a comment, `${...}` is expanded within a word; there are no quotes and no escapes). What cannot be
 * written is refused: throws Unencodable.
 */
export function encodeIpxeWord(word: IpxeWord, place: string): string {
	let text = "";
	let literal = "";
	for (const part of word) {
		if (typeof part === "string") {
			literal += part;
			continue;
		}
		if (!isSafeSetting(part.setting)) {
			throw new Unencodable(
				"iPXE",
				place,
				`the setting ${shown(part.setting)} may hold anything; use its :uristring form`,
			);
		}
		text += encodeLiteral(literal, place);
		literal = "";
		text += `\${${part.setting}}`;
	}
	text += encodeLiteral(literal, place);
	if (text === "") throw new Unencodable("iPXE", place, "a word must not be empty");
	if (text.startsWith("#")) throw new Unencodable("iPXE", place, `${shown(text)} would begin a comment`);
	if (text === "||" || text === "&&" || text === ";") {
		throw new Unencodable("iPXE", place, `${shown(text)} would end the command`);
	}
	return text;
}

function encodeLiteral(literal: string, place: string): string {
	if (!/^[!-~]*$/.test(literal)) {
		throw new Unencodable("iPXE", place, `${shown(literal)} has blanks, line breaks or characters outside of ASCII`);
	}
	if (literal.includes("${")) throw new Unencodable("iPXE", place, `${shown(literal)} would be expanded`);
	// "$" followed by a setting's "${" would begin an expansion of its own in no known iPXE, but nothing needs it either.
	if (literal.endsWith("$") || literal.endsWith("\\")) {
		throw new Unencodable("iPXE", place, `${shown(literal)} must not end in '$' or a backslash`);
	}
	return literal;
}

/** Text with blanks as words; each blank must be single, since iPXE joins words with one. Throws Unencodable. */
export function encodeIpxeText(text: string, place: string): string {
	if (text.startsWith("-")) throw new Unencodable("iPXE", place, `${shown(text)} would be read as an option`);
	return text
		.split(" ")
		.map((word) => encodeIpxeWord([word], place))
		.join(" ");
}

/** Reads `text with ${setting}` into a word. Throws Unencodable for a setting that is not known to be safe. */
export function parseIpxeWord(text: string, place: string): IpxeWord {
	const parts: (string | IpxeSetting)[] = [];
	let rest = text;
	for (let at = rest.indexOf("${"); at >= 0; at = rest.indexOf("${")) {
		const end = rest.indexOf("}", at);
		const setting = rest.slice(at + 2, end < 0 ? undefined : end);
		if (end < 0 || !isSafeSetting(setting)) {
			throw new Unencodable("iPXE", place, `${shown(rest.slice(at))} is not a setting that is known to be safe`);
		}
		if (at > 0) parts.push(rest.slice(0, at));
		parts.push({ setting });
		rest = rest.slice(end + 1);
	}
	if (rest !== "") parts.push(rest);
	return parts;
}
