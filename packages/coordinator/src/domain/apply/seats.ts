import type { EventOf } from "@rollcall/protocol";
import { type Fleet, type Seat, seatKey } from "../fleet.ts";
import { changeMachine } from "./touch.ts";

/** A machine takes a seat. It fits only when seat and node name are free and the machine has none. */
export function applyAssigned(fleet: Fleet, event: EventOf<"machine-assigned">): Fleet {
	const cluster = fleet.cluster?.document.name;
	if (cluster === undefined) return fleet;
	return takeSeat(fleet, event, {
		cluster,
		slot: event.slot,
		seat: event.seat,
		role: event.role,
		nodeName: event.nodeName,
		pinned: event.pinned,
		seq: event.seq,
		at: event.at,
	});
}

/** A machine takes the seat that it had before the log was lost, with the target that it runs. */
export function applyAdopted(fleet: Fleet, event: EventOf<"assignment-adopted">): Fleet {
	const seated = takeSeat(fleet, event, {
		cluster: event.cluster ?? fleet.cluster?.document.name ?? "",
		slot: event.slot,
		seat: event.seat,
		role: event.role,
		nodeName: event.nodeName,
		pinned: event.pinned,
		seq: event.seq,
		at: event.assignedAt ?? event.at,
	});
	const machine = seated.machines.get(event.machineId);
	if (seated === fleet || !machine) return fleet;
	const target = {
		generation: event.generation,
		digest: event.digest,
		bootId: machine.bootId,
		role: event.role,
		issuedAt: event.at,
		deadlineAt: event.at,
		// It runs already: the agent keeps a proof only together with a target that it took.
		progress: "applied" as const,
		seq: event.seq,
	};
	return {
		...seated,
		machines: seated.machines.set(event.machineId, {
			...machine,
			pinnedRole: event.pinned ? event.role : machine.pinnedRole,
			generation: Math.max(machine.generation, event.generation),
			target: event.generation > 0 ? target : undefined,
		}),
	};
}

/** A machine leaves its seat. Its generation stays, so that numbers never come twice. */
export function applyReleased(fleet: Fleet, event: EventOf<"machine-released">): Fleet {
	const changed = changeMachine(fleet, event, (machine) =>
		machine.seat?.slot === event.slot && machine.seat.seat === event.seat
			? {
					...machine,
					seat: undefined,
					lastSeat: { slot: event.slot, seat: event.seat },
					target: undefined,
					node: undefined,
					impossible: undefined,
				}
			: undefined,
	);
	if (changed === fleet) return fleet;
	const nodeName = fleet.machines.get(event.machineId)?.seat?.nodeName ?? "";
	return {
		...changed,
		seats: changed.seats.delete(seatKey(event.slot, event.seat)),
		nodeNames: changed.nodeNames.delete(nodeName),
	};
}

function takeSeat(fleet: Fleet, event: EventOf<"machine-assigned" | "assignment-adopted">, seat: Seat): Fleet {
	const key = seatKey(seat.slot, seat.seat);
	if (fleet.seats.has(key) || fleet.nodeNames.has(seat.nodeName)) return fleet;
	const changed = changeMachine(fleet, event, (machine) =>
		machine.seat ? undefined : { ...machine, seat, target: undefined, impossible: undefined },
	);
	if (changed === fleet) return fleet;
	return {
		...changed,
		seats: changed.seats.set(key, event.machineId),
		nodeNames: changed.nodeNames.set(seat.nodeName, event.machineId),
	};
}
