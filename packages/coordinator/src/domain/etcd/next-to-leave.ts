import type { MachineId, Timestamp } from "@rollcall/protocol";
import { type Fleet, seatKey } from "../fleet.ts";
import { isSeated, reseated, type Seated, seatFault } from "../seats/seat-fault.ts";
import { leavingMembers } from "./leaving.ts";
import { livingMembers } from "./members.ts";
import { heardSince, isStill, majorityOf, quorumOf } from "./quorum.ts";
import type { EtcdMember } from "./state.ts";

/** The longest time that a lost member is waited for before it goes in place of one that lives, in milliseconds; a slot may say less. */
const MAX_PATIENCE_MS = 5 * 60_000;

/** A lost member that goes before one that lives. */
export interface LostFirst {
	readonly machine: Seated;
	/** Who takes its seat, so that this one stays. */
	readonly heir: MachineId;
	/** Until then it may come back, and goes no more. */
	readonly until: Timestamp;
}

/**
 * Lost members that go in place of living ones. Where living members are to lose their seats and could take the seats of lost ones, the lost ones go first: the document
 * asks for a number of copies of etcd's data, and only copies that live count. None while etcd stands still, and no member that a person gave its role.
 */
export function lostFirst(fleet: Fleet): readonly LostFirst[] {
	const leaving = leavingMembers(fleet);
	const quorum = leaving.length > 0 ? quorumOf(fleet) : undefined;
	if (!quorum || isStill(quorum)) return [];
	const lost = lostKeepers(fleet);
	if (lost.length === 0) return [];
	const seats = new Map(lost.map((machine) => [seatKey(machine.seat.slot, machine.seat.seat), machine]));
	const since = heardSince(fleet);
	const heirs = new Set(quorum.healthy.filter((one) => leaving.includes(one)).map(({ machineId }) => machineId));
	return [...reseated(fleet, { freed: new Set(seats.keys()), among: heirs })].flatMap(([heir, { slot, seat }]) => {
		const machine = seats.get(seatKey(slot, seat));
		return machine ? [{ machine, heir, until: Math.max(machine.leaseAt, since) + patienceOf(fleet, slot) }] : [];
	});
}

function lostKeepers(fleet: Fleet): readonly Seated[] {
	const faultOf = seatFault(fleet);
	return livingMembers(fleet).flatMap(({ machineId, votes }) => {
		const machine = fleet.machines.get(machineId);
		if (!votes || machine?.lease !== "lost" || !isSeated(machine) || faultOf(machine)) return [];
		return machine.pinnedRole === machine.seat.role ? [] : [machine];
	});
}

function patienceOf({ cluster }: Fleet, slot: string): number {
	const seconds = cluster?.document.slots.find(({ name }) => name === slot)?.replaceAfterSeconds;
	return seconds === undefined ? MAX_PATIENCE_MS : Math.min(seconds * 1000, MAX_PATIENCE_MS);
}

/**
 * The member that etcd may be asked to take out now since its seat is to go: only where others stay that are a majority without it, so
 * that the last memory is never taken away. Those that are lost go first.
 */
export function nextToLeave(fleet: Fleet): EtcdMember | undefined {
	const leaving = leavingMembers(fleet);
	const quorum = leaving.length > 0 ? quorumOf(fleet) : undefined;
	if (!quorum || isStill(quorum)) return undefined;
	const { count, healthy } = quorum;
	const isLost = ({ machineId }: EtcdMember): boolean => fleet.machines.get(machineId)?.lease === "lost";
	const waits = lostFirst(fleet).length > 0;

	return [...leaving.filter(isLost), ...leaving.filter((one) => !isLost(one))].find((one) => {
		if (!one.votes) return true;
		if (waits && healthy.includes(one)) return false;
		const others = healthy.filter((other) => other !== one).length;
		return count > 1 && others >= majorityOf(count - 1);
	});
}
