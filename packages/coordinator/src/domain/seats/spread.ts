import { ownValue } from "@rollcall/protocol";
import { byMachineId } from "../drafts.ts";
import type { Machine } from "../fleet.ts";

/**
 * Takes machines out of a pool one after the other, so that the values of a label get equal shares, counting the holders
 * that a slot has already. Without a label, and among equals, in the order of their ids. A missing label is a value.
 */
export function spreader(
	holders: readonly Machine[],
	pool: readonly Machine[],
	label: string | undefined,
): () => Machine | undefined {
	const groupOf = (machine: Machine) => (label === undefined ? "" : (ownValue(machine.labels, label) ?? ""));
	const share = new Map<string, number>();
	for (const holder of holders) share.set(groupOf(holder), (share.get(groupOf(holder)) ?? 0) + 1);
	const groups = new Map<string, Machine[]>();
	// Last first, so that taking one is a pop.
	for (const machine of [...pool].sort((a, b) => byMachineId(b, a))) {
		const group = groups.get(groupOf(machine));
		if (group) group.push(machine);
		else groups.set(groupOf(machine), [machine]);
	}
	return () => {
		let best: { value: string; machine: Machine; count: number } | undefined;
		for (const [value, group] of groups) {
			const machine = group.at(-1);
			if (!machine) continue;
			const count = share.get(value) ?? 0;
			if (!best || count < best.count || (count === best.count && byMachineId(machine, best.machine) < 0)) {
				best = { value, machine, count };
			}
		}
		if (!best) return undefined;
		const group = groups.get(best.value) ?? [];
		group.pop();
		if (group.length === 0) groups.delete(best.value);
		share.set(best.value, best.count + 1);
		return best.machine;
	};
}
