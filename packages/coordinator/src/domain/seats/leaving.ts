import { emptyContent, type TargetContent, type Timestamp } from "@rollcall/protocol";
import { withoutLeaving } from "../apply/leaving.ts";
import { isoDateOf } from "../clocks/log-clock.ts";
import type { Look } from "../drafts.ts";
import { isMemberYet } from "../etcd/leaving.ts";
import type { Fleet, Machine, Seat } from "../fleet.ts";
import type { Leaving } from "./left-seat.ts";
import { isFree } from "./slots.ts";

/** A machine without a seat that still holds what came with one. */
export type LeavingMachine = Machine & { readonly leaving: Leaving };

/** True for a machine that lost its seat and has yet to be emptied. */
export function isLeaving(machine: Machine | undefined): machine is LeavingMachine {
	return machine?.leaving !== undefined && machine.seat === undefined;
}

/** True for a machine that will soon be free: the seat that it will get is kept for it. */
export function isLeavingHere(machine: Machine): boolean {
	return isLeaving(machine) && isFree(machine) && machine.target?.progress !== "rejected";
}

/** Ends drains whose time is over. */
export function drainEnd(at: Timestamp): Look {
	return (machine) => {
		if (!isLeaving(machine) || !isDraining(machine) || at < (machine.leaving.drainUntil ?? 0)) return undefined;
		const { machineId, bootId, leaving } = machine;
		const why = leaving.drain?.reason ?? "the cluster's API was not there to ask";
		const reason = `not all pods left in time: ${why}`.slice(0, 1024);
		return { type: "drain-changed", machineId, bootId, nodeName: leaving.nodeName, drain: "given-up", reason };
	};
}

/** True while the pods of a machine that lost its seat are to go elsewhere, before anything is stopped. */
export function isDraining({ leaving, lease }: Machine): boolean {
	if (leaving?.drainUntil === undefined || lease === "lost") return false;
	return leaving.drain === undefined || leaving.drain.state === "waiting";
}

/** Why a machine that lost its seat is not given the empty target yet; undefined when it may have it. */
export function holdsBack(fleet: Fleet, machine: LeavingMachine): string | undefined {
	const { leaving } = machine;
	if (isDraining(machine)) {
		const until = isoDateOf(fleet, leaving.drainUntil ?? 0);
		const { kubernetes } = fleet;
		const why =
			kubernetes?.ready === false
				? `cannot be drained, since the cluster's API is not ready (${kubernetes.reason})`
				: `is drained${leaving.drain?.reason ? `: ${leaving.drain.reason}` : ""}`;
		return `its node ${leaving.nodeName} ${why}; at ${until} it is emptied in any case`;
	}
	if (isMemberYet(fleet, machine)) return "etcd has to take it out first";
	return undefined;
}

/** The seat in the signed assignment of a machine that is to hold nothing. */
export function emptySeat({ leaving }: LeavingMachine): Seat {
	const { cluster, slot, role, nodeName } = emptyContent();
	return { cluster, slot, seat: 0, role, nodeName, pinned: false, seq: leaving.seq, at: leaving.at };
}

/** What a machine without a seat is to have: nothing. Memory of etcd goes only when etcd knows the member no more. */
export function emptyFor(fleet: Fleet, machine: Machine): TargetContent {
	const memory = machine.etcdMemory?.is;
	return emptyContent(memory && !isMemberYet(fleet, machine) ? { forgets: [memory] } : undefined);
}

/** The fleet as it will be when all that leave are empty: for plans. */
export function allEmpty(fleet: Fleet): Fleet {
	let next = fleet;
	for (const machine of fleet.machines.values())
		if (isLeavingHere(machine)) next = withoutLeaving(next, machine.machineId);
	return next;
}
