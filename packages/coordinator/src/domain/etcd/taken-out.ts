import type { BootId, MachineId } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import { hasLostMemory } from "./members.ts";

/** One boot of a machine. */
export interface Boot {
	readonly machineId: MachineId;
	readonly bootId: BootId;
}

/**
 * A boot that etcd took out, or is asked to, or that lost the memory of its member: it can join only after another boot, with
 * empty memory. `votes`: etcd may not have done it yet, and counts its vote.
 */
export type TakenOut = Boot & { readonly votes: boolean };

/** The boots that are no members any more, or are not to be. */
export function takenOutBoots(fleet: Fleet): readonly TakenOut[] {
	return (fleet.etcd?.members ?? []).flatMap(({ machineId, bootId, removed }) => {
		const machine = fleet.machines.get(machineId);
		const lost = machine?.bootId === bootId && hasLostMemory(machine);
		return removed === undefined && !lost ? [] : [{ machineId, bootId, votes: removed === "asked" && !lost }];
	});
}

/** True for a boot that etcd took out, or is asked to, and for one that lost the memory of its member. */
export function wasTakenOut(fleet: Fleet, boot: Boot): boolean {
	return takenOutBoots(fleet).some(isBoot(boot));
}

/** True for a boot that etcd took out, as far as is known: it has no vote that could be needed any more. One that etcd is asked to take out may. */
export function hasLeft(fleet: Fleet, boot: Boot): boolean {
	return takenOutBoots(fleet).some((one) => !one.votes && isBoot(boot)(one));
}

/** Whether something is about this boot. */
export function isBoot({ machineId, bootId }: Boot): (one: Boot) => boolean {
	return (one) => one.machineId === machineId && one.bootId === bootId;
}

/** Why a boot gets no target that etcd is asked to take out, and counts as a voter until then. */
export const LEAVES = "etcd is just taking this boot of the machine out: wait until that is done";

/** Why a boot gets no target that etcd took out, or that lost the memory of its member. */
export const TAKEN_OUT =
	"etcd took this boot of the machine out, or its memory of etcd was lost; boot it anew, and it joins with empty memory";
