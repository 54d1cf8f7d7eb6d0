import type { EventDraft, MachineId } from "@rollcall/protocol";
import type { Fleet, Machine } from "./fleet.ts";

/** Orders by machine id, so that decisions do not depend on the order in which a map holds its entries. */
export function byMachineId(a: { readonly machineId: MachineId }, b: { readonly machineId: MachineId }): number {
	return a.machineId < b.machineId ? -1 : a.machineId > b.machineId ? 1 : 0;
}

export type MachineDraft = EventDraft & { readonly machineId: MachineId };

/** One kind of decision about one machine: an event, or none. */
export type Look = (machine: Machine) => MachineDraft | undefined;

/** The event that a decision about a machine's place follows from: the latest about it, or a later declaration. */
export function causeOf(fleet: Fleet, machine: Machine): { readonly cause?: number } {
	const cause = Math.max(machine.changedSeq, fleet.cluster?.seq ?? 0);
	return cause > 0 ? { cause } : {};
}
