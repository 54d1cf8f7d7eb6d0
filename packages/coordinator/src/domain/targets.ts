import type { Timestamp } from "@rollcall/protocol";
import type { Look } from "./drafts.ts";
import { etcdHolders } from "./etcd-members.ts";
import type { Fleet, Machine } from "./fleet.ts";
import type { SummaryIfKnown } from "./observed.ts";
import { turnsOf } from "./turns.ts";

/** How much longer than the agent the coordinator waits for the end of a target: the way there and back. */
const TARGET_SLACK_MS = 30_000;

/**
 * Issues targets to seated machines whose boot has none, or another one than the state now means. A lost machine gets its
 * target when it is back. Control planes whose programs start anew for it get it one after the other. While a lost log is being rebuilt nothing is issued: what runs is right, what is known is not.
 */
export function nextTarget(fleet: Fleet, at: Timestamp, summarize: SummaryIfKnown): Look {
	if (at < fleet.recoverUntil || !fleet.cluster) return () => undefined;
	const declaredSeq = fleet.cluster.seq;
	const turnOf = turnsOf(fleet, at, summarize);
	// What etcd begins with is behind the targets of its machines, and of nobody else's.
	const restoringSeq = fleet.snapshots?.restoring?.seq ?? 0;
	const runsEtcd = new Set(restoringSeq > 0 ? etcdHolders(fleet, fleet.cluster.document) : []);
	return (machine) => {
		const { machineId, bootId, seat, target } = machine;
		if (!seat || machine.lease === "lost" || machine.approval !== "approved") return undefined;
		const summary = summarize(fleet, machine, seat);
		if (!summary) return undefined;
		if (!summary.ok) {
			const reason = summary.reason.slice(0, 1024);
			if (machine.impossible === reason) return undefined;
			return { type: "target-impossible", machineId, reason, cause: Math.max(seat.seq, declaredSeq) };
		}
		const { digest, deadlineSeconds, programs } = summary;
		if (target?.digest === digest && isCurrent(machine, target)) return undefined;
		if (turnOf(machine, summary)) return undefined;
		const deadlineAt = at + deadlineSeconds * 1000 + TARGET_SLACK_MS;
		return {
			type: "target-issued",
			machineId,
			bootId,
			generation: machine.generation + 1,
			digest,
			role: seat.role,
			deadlineAt,
			...(programs ? { programs } : {}),
			cause: Math.max(seat.seq, target ? declaredSeq : machine.changedSeq, runsEtcd.has(machine) ? restoringSeq : 0),
		};
	};
}

/** For this boot, not set aside by an impossible one, and not overtaken by what the agent said it holds. */
function isCurrent(machine: Machine, target: NonNullable<Machine["target"]>): boolean {
	return (
		target.bootId === machine.bootId && machine.impossible === undefined && target.generation === machine.generation
	);
}
