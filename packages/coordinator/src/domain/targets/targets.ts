import { digestOf, NO_ROLE, type Timestamp } from "@rollcall/protocol";
import { waitsForClock } from "../clocks/machine-clock.ts";
import type { Look, MachineDraft } from "../drafts.ts";
import { etcdElsewhere } from "../etcd/elsewhere.ts";
import { etcdHolders } from "../etcd/members.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { ROLLED_OUT_ONE_BY_ONE, type Summary, type SummaryIfKnown } from "../observed.ts";
import { emptyFor, holdsBack, isLeaving, type LeavingMachine } from "../seats/leaving.ts";
import { keepsWhatItHas, rolloutOrder } from "./rollout.ts";

/** How much longer than the agent the coordinator waits for the end of a target: the way there and back. */
const TARGET_SLACK_MS = 30_000;

/**
 * Issues targets to seated machines whose boot has none, or another one than the state now means. A lost machine gets its
 * target when it is back, and a control plane or a machine of etcd that is silent when it is heard again. Control planes that restart
 * programs for it get it one after the other (rollout.ts). While a lost log is being rebuilt nothing is issued: the machines run
 * what is right, and the coordinator does not know it yet.
 */
export function nextTarget(fleet: Fleet, at: Timestamp, summarize: SummaryIfKnown): Look {
	if (at < fleet.recoverUntil || !fleet.cluster) return () => undefined;
	const declaredSeq = fleet.cluster.seq;
	const mustWait = rolloutOrder(fleet, at, summarize);
	// What etcd begins with is behind the targets of its machines, and of nobody else's.
	const restoringSeq = fleet.snapshots?.restoring?.seq ?? 0;
	const runsEtcd = new Set(restoringSeq > 0 ? etcdHolders(fleet) : []);
	return (machine) => {
		const { machineId, seat, target } = machine;
		if (isLeaving(machine)) return emptyTarget(fleet, machine, at);
		if (!seat || machine.lease === "lost" || machine.approval !== "approved") return undefined;
		if (keepsWhatItHas(fleet, machine)) return undefined;
		if (waitsForClock(machine)) return undefined;
		const summary = etcdElsewhere(fleet, machine) ?? summarize(fleet, machine, seat);
		if (!summary) return undefined;
		if (!summary.ok) {
			const reason = summary.reason.slice(0, 1024);
			const { kind } = summary;
			if (machine.impossible?.reason === reason && machine.impossible.kind === kind) return undefined;
			return { type: "target-impossible", machineId, reason, kind, cause: Math.max(seat.seq, declaredSeq) };
		}
		if (target?.digest === summary.digest && isCurrent(machine, target)) return undefined;
		// Others would wait for it where it turns out to be lost.
		if (machine.lease === "suspect" && ROLLED_OUT_ONE_BY_ONE.has(seat.role)) return undefined;
		if (mustWait(machine, summary)) return undefined;
		const cause = Math.max(
			seat.seq,
			target ? declaredSeq : machine.changedSeq,
			runsEtcd.has(machine) ? restoringSeq : 0,
		);
		return issued(machine, { ...summary, role: seat.role, at, cause });
	};
}

/** The empty target of a machine that lost its seat, as soon as nothing holds it back. */
function emptyTarget(fleet: Fleet, machine: LeavingMachine, at: Timestamp): MachineDraft | undefined {
	if (machine.lease === "lost" || machine.approval !== "approved" || holdsBack(fleet, machine)) return undefined;
	const content = emptyFor(fleet, machine);
	const digest = digestOf(content);
	const { target, leaving } = machine;
	if (target?.digest === digest && isCurrent(machine, target)) return undefined;
	const { deadlineSeconds } = content;
	return issued(machine, { digest, deadlineSeconds, role: NO_ROLE, at, cause: leaving.seq });
}

/** The event that gives a machine's boot a target, under the next generation. */
function issued(
	{ machineId, bootId, generation }: Machine,
	given: Pick<Extract<Summary, { ok: true }>, "digest" | "deadlineSeconds" | "programs"> & {
		readonly role: string;
		readonly at: Timestamp;
		readonly cause: number;
	},
): MachineDraft {
	const { digest, deadlineSeconds, programs, role, at, cause } = given;
	return {
		type: "target-issued",
		machineId,
		bootId,
		generation: generation + 1,
		digest,
		role,
		deadlineAt: at + deadlineSeconds * 1000 + TARGET_SLACK_MS,
		...(programs ? { programs } : {}),
		cause,
	};
}

/** True for a machine whose target is what the state means for it now. */
export function holdsItsTarget(machine: Machine, summary: Summary | undefined): boolean {
	const { target } = machine;
	return target !== undefined && summary?.ok === true && target.digest === summary.digest && isCurrent(machine, target);
}

/** For this boot, not set aside by an impossible one, and not overtaken by what the agent said it holds. */
function isCurrent(machine: Machine, target: NonNullable<Machine["target"]>): boolean {
	return (
		target.bootId === machine.bootId && machine.impossible === undefined && target.generation === machine.generation
	);
}
