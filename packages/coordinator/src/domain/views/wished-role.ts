import { isMemberYet } from "../etcd/leaving.ts";
import { canSpare } from "../etcd/quorum.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { freeSeats } from "../seats/seats.ts";
import { MORE_SEATS } from "./wait-reason.ts";

interface Unfulfilled {
	/** Behind "it was given the role worker by hand, and". */
	readonly reason: string;
	readonly next: string;
}

/** Why a machine with a seat does not have the role that a person gave it; undefined where it has it, or none was given. */
export function wishedRole(fleet: Fleet, machine: Machine): Unfulfilled | undefined {
	const { machineId, pinnedRole, seat } = machine;
	if (!seat || pinnedRole === undefined || pinnedRole === seat.role) return undefined;
	if (hasFreeSeat(fleet, pinnedRole) && isMemberYet(fleet, machine) && !canSpare(fleet, machineId))
		return {
			reason: "it stays a member of etcd, which has no healthy majority without it",
			next: `wait until another member of etcd votes, or take the role back (rollcall role ${machineId} --none), or give up what etcd holds (rollcall role ${machineId} ${pinnedRole} --accept-loss etcd)`,
		};
	return { reason: "no seat with that is free", next: MORE_SEATS };
}

function hasFreeSeat(fleet: Fleet, role: string): boolean {
	const slots = fleet.cluster?.document.slots.filter((slot) => slot.role === role) ?? [];
	return slots.some((slot) => slot.count === "rest" || !freeSeats(slot, fleet.seats).next().done);
}
