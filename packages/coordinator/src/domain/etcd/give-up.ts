import type { EventDraft, Timestamp } from "@rollcall/protocol";
import { causeOf } from "../drafts.ts";
import type { Fleet } from "../fleet.ts";
import { livingMembers } from "./members.ts";
import { countedVoters, majorityOf, voterCount } from "./quorum.ts";
import { nextBeginning } from "./snapshots.ts";

/** How long the last machines that may hold memory are waited for, in milliseconds, from when it can lead nowhere any more. */
const WAIT_FOR_LOST_MS = 15 * 60_000;

/**
 * Gives up the memory of members that are lost where the majority of all voters has proved that its memory is gone: the cluster that they
 * were of can never vote again, so that nothing but the snapshot goes on, and one dead machine must not hold that up for ever. Only where there
 * is a snapshot: to begin with nothing is a person's word.
 */
export function giveUpLost(fleet: Fleet, at: Timestamp): EventDraft[] {
	const living = fleet.etcd && at >= fleet.recoverUntil ? livingMembers(fleet) : [];
	if (living.length === 0 || nextBeginning(fleet).from !== "snapshot") return [];
	const left = new Set(living.filter(({ votes }) => votes));
	const gone = countedVoters(fleet)
		.filter((one) => !left.has(one))
		.map(({ machineId }) => fleet.machines.get(machineId)?.enrolledAt);
	// Since then the majority is gone; whoever the log does not know any more is gone for longer.
	const since = gone.map((enrolledAt = 0) => enrolledAt).sort((a, b) => a - b)[majorityOf(voterCount(fleet)) - 1];
	if (since === undefined) return [];
	const drafts = living.flatMap(({ machineId, bootId, nodeName }): EventDraft[] => {
		const machine = fleet.machines.get(machineId);
		if (machine?.lease !== "lost" || at - Math.max(machine.leaseAt, since) < WAIT_FOR_LOST_MS) return [];
		return [{ type: "etcd-member-removed", machineId, bootId, nodeName, ...causeOf(fleet, machine) }];
	});
	return drafts.length === living.length ? drafts : [];
}
