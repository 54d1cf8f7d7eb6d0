import type { Machine } from "../fleet.ts";

/** A node name that the document gives a machine which does not have it, and who has it. */
interface NameClaim {
	readonly nodeName: string;
	readonly holder: Machine | undefined;
}

/** Finds the declared node name that a machine has yet to get. */
export type NameClaims = (machine: Machine) => NameClaim | undefined;

/**
 * The machines that are to change names with each other, from this one on: each waits for the name of the next, and the last for that
 * of the first. Undefined where there is no such circle.
 */
export function circleFrom(claimOf: NameClaims, machine: Machine): readonly Machine[] | undefined {
	const circle = [machine];
	const seen = new Set([machine.machineId]);
	for (;;) {
		const next = circle.at(-1);
		const holder = next && claimOf(next)?.holder;
		if (!holder) return undefined;
		if (holder.machineId === machine.machineId) return circle;
		// It leads into a circle, and is none of it.
		if (seen.has(holder.machineId)) return undefined;
		seen.add(holder.machineId);
		circle.push(holder);
	}
}

/** What leads out of a circle, without removing anybody. */
export function circleAdvice(circle: readonly Machine[]): string {
	const [first] = circle;
	const name = first?.seat?.nodeName ?? first?.machineId;
	return `declare for ${name} a name that nobody has, and reboot it; then declare and reboot one after the other, ${name} last`;
}
