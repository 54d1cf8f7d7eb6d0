import { MachinePhase, normalizeMac } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { parseSeconds } from "../text/duration.ts";

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

/** Collects `-l key=value` into labels. */
export function collectLabel(text: string, before: Record<string, string> = {}): Record<string, string> {
	const at = text.indexOf("=");
	if (at < 1) throw new InvalidArgumentError("a label is key=value.");
	return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Reads a phase of a machine. */
export function parsePhase(text: string): MachinePhase {
	const phase = MachinePhase.safeParse(text);
	if (!phase.success) throw new InvalidArgumentError(`phases: ${MachinePhase.options.join(", ")}.`);
	return phase.data;
}

/** Reads any usual notation of a MAC. */
export function parseMac(text: string): string {
	const mac = normalizeMac(text);
	if (!mac) throw new InvalidArgumentError("it is not a MAC.");
	return mac;
}
