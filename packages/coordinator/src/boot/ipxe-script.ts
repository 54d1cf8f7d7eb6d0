import { Unencodable } from "../errors.ts";
import { encodeIpxeText, encodeIpxeWord, type IpxeWord } from "./ipxe-words.ts";
import { shown } from "./shown.ts";

/** One command of an iPXE script (ipxe.org/cmd). Texts are for people; words are taken literally but for their settings. */
export type IpxeCommand =
	| { readonly kind: "kernel"; readonly uri: IpxeWord; readonly args: readonly IpxeWord[]; readonly name?: string }
	| { readonly kind: "initrd"; readonly uri: IpxeWord; readonly name?: string }
	/** `imgfree` forgets what earlier attempts left: iPXE would hand it all to the kernel as initrds. */
	| { readonly kind: "boot" | "exit" | "imgfree" }
	/** Ends the script as failed, so that the one that called it goes on behind its `||`. */
	| { readonly kind: "fail" }
	| { readonly kind: "chain"; readonly uri: IpxeWord }
	| { readonly kind: "echo"; readonly text: string }
	| { readonly kind: "sleep"; readonly seconds: number }
	| { readonly kind: "menu"; readonly title: string }
	| { readonly kind: "item"; readonly label: string; readonly text: string }
	| { readonly kind: "choose"; readonly variable: string; readonly default: string; readonly timeoutSeconds: number }
	| { readonly kind: "goto"; readonly label: string }
	| { readonly kind: "goto-chosen"; readonly variable: string }
	/** Succeeds when the setting has this value. */
	| { readonly kind: "is"; readonly setting: "platform" | "buildarch"; readonly value: string }
	/** Boots from the first local disk, by the BIOS. */
	| { readonly kind: "sanboot" };

/** A line: one or more commands, each run only if the one before succeeded (`&&`) or failed (`||`), or a label. */
export type IpxeLine =
	| IpxeCommand
	| { readonly kind: "label"; readonly label: string }
	| { readonly kind: "sequence"; readonly first: IpxeCommand; readonly next: readonly IpxeStep[] };
interface IpxeStep {
	readonly when: "succeeded" | "failed";
	readonly command: IpxeCommand;
}

/** The text of a script. Throws Unencodable when a value cannot be written, and for a label that no line has. */
export function ipxeScript(lines: readonly IpxeLine[]): string {
	const labels = new Set(lines.flatMap((line) => (line.kind === "label" ? [line.label] : [])));
	return `#!ipxe\n${lines.map((line) => `${encodeLine(line, labels)}\n`).join("")}`;
}

function encodeLine(line: IpxeLine, labels: ReadonlySet<string>): string {
	if (line.kind === "label") return `:${identifier(line.label, "label")}`;
	if (line.kind !== "sequence") return encodeCommand(line, labels);
	const rest = line.next.map(
		(step) => `${step.when === "succeeded" ? "&&" : "||"} ${encodeCommand(step.command, labels)}`,
	);
	return [encodeCommand(line.first, labels), ...rest].join(" ");
}

function encodeCommand(command: IpxeCommand, labels: ReadonlySet<string>): string {
	switch (command.kind) {
		case "kernel":
			return ["kernel", ...named(command.name), uri(command.uri, "kernel"), ...kernelArgs(command.args)].join(" ");
		case "initrd":
			return ["initrd", ...named(command.name), uri(command.uri, "initrd")].join(" ");
		case "chain":
			return `chain ${uri(command.uri, "chain")}`;
		case "echo":
			return `echo ${encodeIpxeText(command.text, "echo")}`;
		case "sleep":
			return `sleep ${whole(command.seconds, "sleep")}`;
		case "menu":
			return `menu ${encodeIpxeText(command.title, "menu title")}`;
		case "item":
			return `item ${identifier(command.label, "item")} ${encodeIpxeText(command.text, "item")}`;
		case "choose":
			return [
				"choose",
				`--default ${identifier(command.default, "default")}`,
				// 0 would mean "wait for ever", which is what leaving the option out means too.
				...(command.timeoutSeconds > 0 ? [`--timeout ${whole(command.timeoutSeconds * 1000, "timeout")}`] : []),
				identifier(command.variable, "variable"),
			].join(" ");
		case "goto":
			if (!labels.has(command.label))
				throw new Unencodable("iPXE", "goto", `no line has the label ${shown(command.label)}`);
			return `goto ${identifier(command.label, "goto")}`;
		case "goto-chosen":
			return `goto \${${identifier(command.variable, "variable")}}`;
		case "is":
			return `iseq \${${command.setting}} ${identifier(command.value, "iseq")}`;
		case "fail":
			return "exit 1";
		case "sanboot":
			return "sanboot --no-describe --drive 0x80";
		default:
			return command.kind;
	}
}

function kernelArgs(args: readonly IpxeWord[]): string[] {
	return args.map((word) => encodeIpxeWord(word, "kernel argument"));
}

function named(name: string | undefined): string[] {
	return name === undefined ? [] : ["--name", identifier(name, "image name")];
}

function uri(word: IpxeWord, place: string): string {
	const text = encodeIpxeWord(word, place);
	if (text.startsWith("-")) throw new Unencodable("iPXE", place, `${shown(text)} would be read as an option`);
	return text;
}

function identifier(text: string, place: string): string {
	if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text)) {
		throw new Unencodable("iPXE", place, `${shown(text)} is not made of letters, digits, '.', '_' and '-'`);
	}
	return text;
}

function whole(value: number, place: string): string {
	if (!Number.isSafeInteger(value) || value < 0) throw new Unencodable("iPXE", place, `${value} is not a whole number`);
	return String(value);
}
