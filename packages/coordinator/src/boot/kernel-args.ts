import { Unencodable } from "../errors.ts";
import type { IpxeWord } from "./ipxe-words.ts";
import { shown } from "./shown.ts";

/** One kernel argument. Without a value it is a flag. The value may hold iPXE settings. */
export interface KernelArg {
	readonly name: string;
	readonly value?: IpxeWord;
}

/** The kernel takes no more, with its end mark (COMMAND_LINE_SIZE of x86 and arm64). */
const KERNEL_COMMAND_LINE_BYTES = 2048;

/**
 * Kernel arguments as words of an iPXE line. Arguments are cut at blanks, double quotes keep blanks within a value, and
 * there is no escape (Linux `lib/cmdline.c`, next_arg). iPXE joins its words with one blank, so runs of blanks cannot be
 * kept. What cannot be written is refused: throws Unencodable.
 */
export function kernelArgWords(args: readonly KernelArg[]): IpxeWord[] {
	const words = args.flatMap(encodeArg);
	// A setting's value is not known here; 64 bytes are more than any of the safe ones needs but a long host name.
	const length = words.reduce(
		(sum, word) => sum + 1 + word.reduce((all, part) => all + (typeof part === "string" ? part.length : 64), 0),
		0,
	);
	if (length >= KERNEL_COMMAND_LINE_BYTES) {
		throw new Unencodable(
			"kernel command line",
			"length",
			`${length} bytes, and the kernel takes ${KERNEL_COMMAND_LINE_BYTES - 1}`,
		);
	}
	return words;
}

/** The same as one text, for arguments without settings. Throws Unencodable. */
export function kernelCommandLine(args: readonly KernelArg[]): string {
	return kernelArgWords(args)
		.map((word) =>
			word
				.map((part) => {
					if (typeof part !== "string") {
						throw new Unencodable("kernel command line", part.setting, "only iPXE can fill in a setting");
					}
					return part;
				})
				.join(""),
		)
		.join(" ");
}

function encodeArg(arg: KernelArg): IpxeWord[] {
	if (!/^[!-~]+$/.test(arg.name) || /["=]/.test(arg.name)) {
		throw refused(arg.name, "a name is printable ASCII without blanks, quotes and '='");
	}
	// After a lone "--" the kernel hands everything to init.
	if (arg.name === "--") throw refused(arg.name, "everything behind it would go to init");
	if (arg.value === undefined) return [[arg.name]];
	const literals = arg.value.filter((part) => typeof part === "string");
	if (literals.some((part) => !/^[ !#-~]*$/.test(part))) {
		throw refused(arg.name, `its value ${shown(literals.join(""))} has quotes, control characters or non-ASCII`);
	}
	if (!literals.some((part) => part.includes(" "))) return [[`${arg.name}=`, ...arg.value]];
	return splitQuoted([`${arg.name}="`, ...arg.value, '"'], arg.name);
}

/** Cuts a quoted argument at its blanks, which iPXE puts back. */
function splitQuoted(parts: IpxeWord, name: string): IpxeWord[] {
	const words: IpxeWord[number][][] = [[]];
	for (const part of parts) {
		const pieces = typeof part === "string" ? part.split(" ") : [part];
		pieces.forEach((piece, index) => {
			if (index > 0) words.push([]);
			const word = words.at(-1);
			const last = word?.at(-1);
			if (piece === "" || !word) return;
			if (typeof piece === "string" && typeof last === "string") word[word.length - 1] = last + piece;
			else word.push(piece);
		});
	}
	if (words.some((word) => word.length === 0))
		throw refused(name, "its value has two blanks in a row, which iPXE would join");
	return words;
}

function refused(name: string, reason: string): Unencodable {
	return new Unencodable("kernel command line", `argument ${shown(name)}`, reason);
}

/**
 * Reads `name=value`, `name="a value"` or `"name=a value"`, as the kernel does (next_arg). `parse` reads the value (settings,
 * placeholders).
 */
export function parseKernelArg(text: string, parse: (value: string) => IpxeWord): KernelArg {
	const whole = /^"([^"=]+)=([^"]*)"$/.exec(text);
	if (whole) return { name: whole[1] ?? "", value: parse(whole[2] ?? "") };
	const equals = text.indexOf("=");
	if (equals < 0) return { name: text };
	const raw = text.slice(equals + 1);
	const quoted = /^"([^"]*)"$/.exec(raw);
	return { name: text.slice(0, equals), value: parse(quoted?.[1] ?? raw) };
}
