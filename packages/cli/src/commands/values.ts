import { Labels, MachinePhase, Name, normalizeMac } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { durationText, parseSeconds } from "../text/duration.ts";

/** Shortest and longest time of an option, in seconds: what the API takes. */
interface Bounds {
	readonly least: number;
	readonly most: number;
}

/** Reads a whole number from 0. */
export function parseCount(text: string): number {
	if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("it is a whole number.");
	return Number(text);
}

/** Reads `30`, `30s`, `10m`, `2h` as seconds, at least one. */
export function parseDuration(text: string): number {
	const seconds = parseSeconds(text);
	if (!seconds) throw new InvalidArgumentError("it is a length of time like 30s, 10m or 2h.");
	return seconds;
}

/** Reads a length of time that has to be within bounds. */
export function parseDurationIn({ least, most }: Bounds): (text: string) => number {
	return (text) => {
		const seconds = parseDuration(text);
		if (seconds < least || seconds > most)
			throw new InvalidArgumentError(
				`it is a time from ${durationText(least * 1000)} to ${durationText(most * 1000)}.`,
			);
		return seconds;
	};
}

/** Collects `-l key=value` into labels. */
export function collectLabel(text: string, before: Record<string, string> = {}): Record<string, string> {
	const at = text.indexOf("=");
	if (at < 1) throw new InvalidArgumentError("a label is key=value.");
	const [key, value] = [text.slice(0, at), text.slice(at + 1)];
	const wrong = labelFault(key, value);
	if (wrong) throw new InvalidArgumentError(`${wrong}.`);
	return { ...before, [key]: value };
}

/** What is wrong with a label, in words; undefined for a good one. */
export function labelFault(key: string, value = ""): string | undefined {
	// zod passes over `__proto__` in silence.
	if (key === "__proto__" || !Labels.safeParse({ [key]: "" }).success)
		return `${JSON.stringify(key)} is no label key: letters, digits and . _ - between two letters or digits, at most 63, like rack or example.org/rack`;
	if (!Labels.safeParse({ [key]: value }).success)
		return `${JSON.stringify(value)} is no label value: letters, digits and . _ - between two letters or digits, at most 63`;
	return undefined;
}

/** Reads a SNAPSHOT of etcd: its SHA-256, or the beginning of it. */
export function parseSnapshot(text: string): string {
	if (/^(?:sha256:)?[0-9a-f]{4,64}$/.test(text)) return text;
	throw new InvalidArgumentError("a snapshot is named by at least 4 digits of its name, as rollcall etcd shows it.");
}

/** Reads what etcd is to begin with. */
export function parseBeginning(text: string): string {
	if (text === "newest" || text === "none" || /^(?:sha256:)?[0-9a-f]{4,64}$/.test(text)) return text;
	throw new InvalidArgumentError("it is newest, none, or at least 4 digits of a snapshot's name.");
}

/** What MACHINE stands for, in the help of a command. */
export const MACHINE = "its node name, id, MAC, IP address, serial number or host name, or the beginning of one";

/** Reads a MACHINE: one of the names that people know it by, or the beginning of one. The coordinator finds out which it is. */
export function parseMachine(text: string): string {
	if (/^[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}$/.test(text)) return text;
	throw new InvalidArgumentError(`a machine is named by ${MACHINE}.`);
}

/** Collects MACHINE... */
export function collectMachines(text: string, before: readonly string[] = []): string[] {
	return [...before, parseMachine(text)];
}

/** Reads the name of a role. */
export function parseRole(text: string): string {
	if (!Name.safeParse(text).success)
		throw new InvalidArgumentError("a role is named with a-z, 0-9 and -, like worker.");
	return text;
}

/** Reads a text that is kept for people, at most 1024 characters. */
export function parseReason(text: string): string {
	if (text.trim() === "" || text.length > 1024) throw new InvalidArgumentError("it is a text of 1 to 1024 characters.");
	return text;
}

/** Reads a phase of a machine. */
export function parsePhase(text: string): MachinePhase {
	const phase = MachinePhase.safeParse(text);
	if (!phase.success) throw new InvalidArgumentError(`it is one of ${MachinePhase.options.join(", ")}.`);
	return phase.data;
}

/** Reads any usual notation of a MAC. */
export function parseMac(text: string): string {
	const mac = normalizeMac(text);
	if (!mac) throw new InvalidArgumentError("it is not a MAC.");
	return mac;
}
