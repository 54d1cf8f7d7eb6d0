import type { Machine } from "../fleet.ts";

/** So many names a reason lists. */
const MAX_NAMED = 8;

/** Names in one text, not too many of them. */
export function names(all: readonly string[]): string {
	const more = all.length > MAX_NAMED ? ` and ${all.length - MAX_NAMED} more` : "";
	return `${all.slice(0, MAX_NAMED).join(", ")}${more}`;
}

/** Machines by the names of their nodes, or their ids where they have no seat, in one text. */
export function nodeNames(machines: readonly Machine[]): string {
	return names(machines.map(({ seat, machineId }) => seat?.nodeName ?? machineId));
}
