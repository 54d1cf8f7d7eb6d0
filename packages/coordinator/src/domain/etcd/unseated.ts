import type { Fleet, Machine } from "../fleet.ts";
import { etcdRole } from "../seats/seats.ts";
import { holdsForgotten } from "../seats/slots.ts";
import { belongsToStranded } from "./stranded.ts";

/** What a person can do for a machine that fits no seat for etcd and holds memory that may be all that is left of etcd; undefined for any other machine. */
export function unseatedAdvice(fleet: Fleet, machine: Machine): string | undefined {
	const document = fleet.cluster?.document;
	if (!document || !holdsForgotten(fleet, machine) || !belongsToStranded(fleet)(machine)) return undefined;
	const { machineId } = machine;
	return `it may be all that is left of etcd: rollcall role ${machineId} ${etcdRole(document)}, and it has a seat for etcd as soon as one is free`;
}

/** The advice for the first such machine, with its name; undefined as long as the recovery may still give it a seat. */
export function unseatedText(fleet: Fleet): string | undefined {
	if (fleet.log?.doubt || fleet.at < fleet.recoverUntil) return undefined;
	for (const machine of fleet.machines.values()) {
		const advice = unseatedAdvice(fleet, machine);
		if (advice !== undefined) return `memory of etcd lies on ${machine.machineId}, which has no seat for it; ${advice}`;
	}
	return undefined;
}
