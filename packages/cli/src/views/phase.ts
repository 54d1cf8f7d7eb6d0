import type { MachinePhase, MachineView } from "@rollcall/protocol";
import type { Style } from "../text/colour.ts";

const STYLES: Record<MachinePhase, Style> = {
	waiting: "yellow",
	rejected: "red",
	idle: "blue",
	leaving: "yellow",
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

/** Healthy components of all, `2/3`; `?` of a machine that nothing is heard from; empty where nothing is probed. */
export function healthText({ health, phase }: Pick<MachineView, "health" | "phase">): string {
	if (health.length === 0) return "";
	const healthy = phase === "lost" ? "?" : health.filter((part) => part.healthy).length;
	return `${healthy}/${health.length}`;
}

/** The colour of the same text; none where nothing is probed. */
export function healthStyle({ health, phase }: Pick<MachineView, "health" | "phase">): Style | undefined {
	if (health.length === 0) return undefined;
	return phase !== "lost" && health.every((part) => part.healthy) ? "green" : "yellow";
}

/** What stands wherever a rehearsal machine is shown, so that nobody takes it for a real one. */
export const REHEARSAL = "REHEARSAL";

/** `REHEARSAL` or nothing. */
export function markOf(machine: { readonly rehearsal?: boolean | undefined }): string {
	return machine.rehearsal ? REHEARSAL : "";
}
