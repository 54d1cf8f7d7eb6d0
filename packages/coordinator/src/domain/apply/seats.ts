import type { EventOf } from "@rollcall/protocol";
import type { EtcdMember } from "../etcd/state.ts";
import { type Fleet, type Seat, seatKey } from "../fleet.ts";
import { etcdRole } from "../seats/seats.ts";
import { leavingOf, withoutLeaving } from "./leaving.ts";
import { adoptedNetworks } from "./pod-networks.ts";
import { withProvenMember } from "./proven-members.ts";
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
	const seated = keepsSeat(fleet, event)
		? withMember(fleet, event)
		: takeBack(fleet, event, {
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
			...(event.role === "control-plane" ? { sharedKeys: true } : {}),
			generation: Math.max(machine.generation, event.generation),
			podNetworks: adoptedNetworks(seated, machine, event.podNetworks) ?? machine.podNetworks,
			target: event.generation > 0 ? target : undefined,
		}),
	};
}

function keepsSeat(fleet: Fleet, { machineId, slot, seat, nodeName }: EventOf<"assignment-adopted">): boolean {
	const own = fleet.machines.get(machineId)?.seat;
	return own !== undefined && own.slot === slot && own.seat === seat && own.nodeName === nodeName;
}

/**
 * A boot that the log did not know proves that it has the seat. If the log has the machine as a member of etcd, this boot is that member now: it got a target with
 * etcd only when etcd had let it in. It counts as one that joined a running cluster, whatever the boot before began with, since a target that restores would keep
 * etcd from starting on the memory that is there. If the log last said that the boot before was to go, this one came in its place.
 */
function withMember(fleet: Fleet, event: EventOf<"assignment-adopted">): Fleet {
	const { etcd } = fleet;
	const bootId = fleet.machines.get(event.machineId)?.bootId;
	const next = changeMachine(fleet, event, (machine) => ({ ...machine, impossible: undefined }));
	if (!etcd || !fleet.log?.doubt || bootId === undefined) return next;
	const isIts = ({ machineId, nodeName, removed }: EtcdMember): boolean =>
		machineId === event.machineId && nodeName === event.nodeName && removed === undefined;
	if (!etcd.members.some(isIts)) return withProven(next, event);
	const members = etcd.members.map((one): EtcdMember => {
		if (!isIts(one) || one.bootId === bootId) return one;
		const { machineId, nodeName, votes, cluster } = one;
		return { machineId, bootId, nodeName, begun: "existing", votes, cluster };
	});
	return { ...next, etcd: { ...etcd, members } };
}

/**
 * A machine proves a seat for etcd that the log does not have, though the log knows that etcd was founded. It got its target only when etcd had taken it in, so its
 * boot counts as a member, and etcd is asked whether it votes. Otherwise nobody would know whose data lies there.
 */
function takeBack(fleet: Fleet, event: EventOf<"assignment-adopted">, seat: Seat): Fleet {
	const next = takeSeat(fleet, event, seat);
	return next === fleet || !fleet.log?.doubt ? next : withProven(next, event);
}

function withProven(fleet: Fleet, { machineId, nodeName, role, generation }: EventOf<"assignment-adopted">): Fleet {
	const document = fleet.cluster?.document;
	const isOfEtcd = document !== undefined && role === etcdRole(document) && generation > 0;
	return isOfEtcd ? withProvenMember(fleet, machineId, nodeName) : fleet;
}

/** A machine loses its seat. Its generation stays, so that numbers never come twice; so does its node name, until it is empty. */
export function applyReleased(fleet: Fleet, event: EventOf<"machine-released">): Fleet {
	const changed = changeMachine(fleet, event, (machine) =>
		machine.seat?.slot === event.slot && machine.seat.seat === event.seat
			? {
					...machine,
					seat: undefined,
					lastSeat: { slot: event.slot, seat: event.seat, nodeName: machine.seat.nodeName },
					leaving: leavingOf(fleet, machine, event),
					target: undefined,
					node: undefined,
					impossible: undefined,
				}
			: undefined,
	);
	if (changed === fleet) return fleet;
	const nodeName = fleet.machines.get(event.machineId)?.seat?.nodeName ?? "";
	const keepsName = changed.machines.get(event.machineId)?.leaving?.keepsName === true;
	return {
		...changed,
		seats: changed.seats.delete(seatKey(event.slot, event.seat)),
		nodeNames: keepsName ? changed.nodeNames : changed.nodeNames.delete(nodeName),
	};
}

/** A machine has another seat of its role. What it runs, its node name and its memory stay. */
export function applyReseated(fleet: Fleet, event: EventOf<"machine-reseated">): Fleet {
	const { slot, seat, from } = event;
	const key = seatKey(slot, seat);
	if (fleet.seats.has(key)) return fleet;
	const changed = changeMachine(fleet, event, (machine) =>
		machine.seat?.slot === from.slot && machine.seat.seat === from.seat
			? { ...machine, seat: { ...machine.seat, slot, seat, seq: event.seq } }
			: undefined,
	);
	if (changed === fleet) return fleet;
	return { ...changed, seats: changed.seats.delete(seatKey(from.slot, from.seat)).set(key, event.machineId) };
}

/** What was told of empty seats; of a slot that lacks none nothing is kept. */
export function applySeatsEmpty(fleet: Fleet, { slot, role, empty }: EventOf<"seats-empty">): Fleet {
	const others = (fleet.emptySeats ?? []).filter((one) => one.slot !== slot);
	const told = empty > 0 ? [...others, { slot, role, empty }] : others;
	return { ...fleet, emptySeats: told.length > 0 ? told : undefined };
}

function takeSeat(fleet: Fleet, event: EventOf<"machine-assigned" | "assignment-adopted">, seat: Seat): Fleet {
	const key = seatKey(seat.slot, seat.seat);
	const holder = fleet.nodeNames.get(seat.nodeName);
	if (fleet.seats.has(key) || (holder !== undefined && holder !== event.machineId)) return fleet;
	const taken = changeMachine(fleet, event, (machine) =>
		machine.seat ? undefined : { ...machine, seat, target: undefined, impossible: undefined, podNetworks: undefined },
	);
	if (taken === fleet) return fleet;
	const changed = withoutLeaving(taken, event.machineId);
	return {
		...changed,
		seats: changed.seats.set(key, event.machineId),
		nodeNames: changed.nodeNames.set(seat.nodeName, event.machineId),
	};
}
