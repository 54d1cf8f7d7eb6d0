import type { Fleet, Machine } from "../fleet.ts";
import { type Founding, foundingOf } from "./founding.ts";
import { etcdHolders, hasBegun, hasLostMemory, strangers } from "./members.ts";

/**
 * The machines in whose RAM etcd's state may still lie, by all that is known: members of this very boot, with or without a seat; whoever has
 * etcd's data by the word of its agent and no seat for it; and, where the log does not know who the members are, whoever runs what a seat for
 * etcd means; and whoever began it with others. Not a machine that a person rejected.
 */
export function memoryHolders(fleet: Fleet): readonly Machine[] {
	const document = fleet.cluster?.document;
	if (!document) return [];
	const found = new Set<Machine>(strangers(fleet));
	for (const one of fleet.etcd ? [] : etcdHolders(fleet))
		if (hasBegun(fleet, one) && !hasLostMemory(one)) found.add(one);
	for (const { machineId, bootId, removed } of fleet.etcd?.members ?? []) {
		const machine = fleet.machines.get(machineId);
		if (machine?.bootId === bootId && removed !== "done" && !hasLostMemory(machine)) found.add(machine);
	}
	const founding = foundingOf(fleet);
	for (const one of founding?.isWhole ? founding.begun : []) found.add(one);
	return [...found].filter(({ approval }) => approval !== "rejected");
}

/** The machines in whose RAM etcd's state may still lie, beside those who begin it just now. */
export function memoryBeside(fleet: Fleet, founding: Founding | undefined): readonly Machine[] {
	const memory = fleet.etcd ? memoryHolders(fleet) : strangers(fleet);
	return memory.filter((one) => !founding?.begun.includes(one));
}
