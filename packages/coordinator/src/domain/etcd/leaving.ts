import type { ClusterDocument } from "@rollcall/protocol";
import type { Fleet, Machine, Seat } from "../fleet.ts";
import { isBeyond, isSeated, type Seated, seatFault } from "../seats/seat-fault.ts";
import { etcdRole } from "../seats/seats.ts";
import { mayHaveBegun } from "./founding.ts";
import { hasLostMemory, livingMembers } from "./members.ts";
import type { EtcdMember } from "./state.ts";
import { isBoot } from "./taken-out.ts";

/**
 * True for a machine whose boot is a member of etcd, has a member's memory by the word of its agent, or may have begun etcd, which is not founded yet. A document takes its seat away only after etcd took the member out, so that no
 * vote is lost by it, unless a person accepted that by name.
 */
export function isMemberYet(fleet: Fleet, machine: Machine): boolean {
	if (hasLostMemory(machine)) return false;
	const member = fleet.etcd?.members.find(isBoot(machine));
	// A member that the log forgot may be one all the same.
	const isIn = member
		? member.removed !== "done"
		: machine.etcdMemory?.is !== undefined || mayHaveBegun(fleet, machine);
	return isIn && !isGivenUp(fleet, machine);
}

/** True where a person accepted by name what etcd loses by the document, and the document takes this machine's seat, or it has none. Who is only lost, or wanted elsewhere, was not meant by that. */
function isGivenUp(fleet: Fleet, machine: Machine): boolean {
	if (fleet.cluster?.acceptLoss !== "etcd") return false;
	return !isSeated(machine) || seatFault(fleet)(machine) !== undefined;
}

/** The members that live and whose seats the document does not let them keep; who cannot be helped by another seat. The highest seats first. */
export function leavingMembers(fleet: Fleet): readonly EtcdMember[] {
	const faulty = faultyMembers(fleet);
	const wider = widerSlots(fleet, faulty);
	return [...faulty]
		.filter(([, { slot, seat }]) => wider.get(slot) !== seat)
		.sort(([, a], [, b]) => b.seat - a.seat)
		.map(([member]) => member);
}

function faultyMembers(fleet: Fleet): ReadonlyMap<EtcdMember, Seat> {
	const found = new Map<EtcdMember, Seat>();
	if (!fleet.cluster || !fleet.etcd || fleet.at < fleet.recoverUntil) return found;
	const faultOf = seatFault(fleet);
	for (const member of livingMembers(fleet)) {
		const machine = fleet.machines.get(member.machineId);
		if (machine?.seat && faultOf(machine as Seated)) found.set(member, machine.seat);
	}
	return found;
}

/** The slots for etcd that a member leaves whose seat goes on, each with the one seat more that is lent meanwhile. */
function widerSlots(fleet: Fleet, faulty: ReadonlyMap<EtcdMember, Seat>): ReadonlyMap<string, number> {
	const document = fleet.cluster?.document;
	const wider = new Map<string, number>();
	if (!document) return wider;
	const declared = new Map(document.slots.map((slot) => [slot.name, slot]));
	for (const seat of faulty.values()) {
		const slot = declared.get(seat.slot);
		if (slot?.role !== etcdRole(document) || slot.count === "rest" || isBeyond(slot, seat.seat)) continue;
		wider.set(slot.name, slot.count);
	}
	return wider;
}

/**
 * True for a learner whose seat the document takes away, and which is none but a learner. Where etcd's data lies there by the word of its
 * agent, the member may vote without the log's knowing it, as after a log that went back: that is found out first.
 */
export function learnsToLeave(fleet: Fleet, member: EtcdMember): boolean {
	if (member.votes || !leavingMembers(fleet).includes(member)) return false;
	const { lease, etcdMemory } = fleet.machines.get(member.machineId) ?? {};
	return lease === "lost" || etcdMemory?.is?.bootId !== member.bootId;
}

/** The one seat more that slots have for a while, by their names. */
export function lentSeats(fleet: Fleet): ReadonlyMap<string, number> {
	return widerSlots(fleet, faultyMembers(fleet));
}

/**
 * The slots of a document as they are filled: one for etcd has one more seat while a member leaves it that another machine is to take the
 * place of, so that one is added before one is removed.
 */
export function filledSlots(fleet: Fleet, document: ClusterDocument): ClusterDocument["slots"] {
	const wider = lentSeats(fleet);
	if (wider.size === 0) return document.slots;
	return document.slots.map((slot) => {
		const lent = wider.get(slot.name);
		return lent === undefined ? slot : { ...slot, count: lent + 1 };
	});
}
