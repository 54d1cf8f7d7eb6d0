import type { Health, MachinePhase } from "@rollcall/protocol";
import type { Style } from "../text/colour.ts";

const STYLES: Record<MachinePhase, Style> = {
	waiting: "yellow",
	rejected: "red",
	idle: "blue",
	assigned: "cyan",
	applying: "cyan",
	ready: "green",
	degraded: "yellow",
	failed: "red",
	suspect: "yellow",
	lost: "red",
};

/** How a phase looks. */
export function phaseStyle(phase: MachinePhase): Style {
	return STYLES[phase];
}

/** Healthy components of all, `2/3`; empty where nothing is probed. */
export function healthText(health: Health): string {
	return health.length === 0 ? "" : `${health.filter((part) => part.healthy).length}/${health.length}`;
}

export function healthStyle(health: Health): Style | undefined {
	if (health.length === 0) return undefined;
	return health.every((part) => part.healthy) ? "green" : "yellow";
}

/** What stands wherever a rehearsal machine is shown, so that nobody takes it for a real one. */
export const REHEARSAL = "REHEARSAL";

/** `REHEARSAL` or nothing. */
export function markOf(machine: { readonly rehearsal?: boolean | undefined }): string {
	return machine.rehearsal ? REHEARSAL : "";
}
