import type { EtcdSnapshot } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import { foundingOf } from "./founding.ts";
import { holdsMemory, holdsSameAs, livingMembers } from "./members.ts";
import { nodeNames } from "./names.ts";
import { isWell } from "./quorum.ts";
import { REMOVE_WITH_LOSS } from "./removal-text.ts";
import { snapshotText } from "./snapshot-text.ts";

/**
 * The machines with etcd's memory, by the word of their agents, that proved their seats after the log was lost, while etcd is not founded by them: the log
 * does not know with whom they began, and theirs is the only memory that it knows of.
 */
export function strandedMachines(fleet: Fleet): readonly Machine[] {
	// A log that never was in recovery knows who began.
	const founding = fleet.recoverUntil === 0 ? undefined : foundingOf(fleet);
	if (!founding || founding.isWhole) return [];
	return founding.begun.filter(({ etcdMemory }) => etcdMemory?.is !== undefined);
}

/** The snapshot that was taken of what these machines hold, since they proved it. */
export function strandedSnapshot({ snapshots, cluster, recoverUntil }: Fleet): EtcdSnapshot | undefined {
	const name = cluster?.document.name;
	return snapshots?.kept.findLast((one) => one.cluster === name && one.takenAt >= recoverUntil);
}

/** What a person can do about the only memory of etcd that is known; never to boot it anew before it is kept elsewhere. Undefined where there is none. */
export function strandedText(fleet: Fleet): string | undefined {
	const machines = strandedMachines(fleet);
	if (machines.length === 0) return undefined;
	const lost = machines.filter(({ lease }) => lease === "lost");
	const here = nodeNames(machines.filter((one) => !lost.includes(one)));
	const known = `etcd's only memory that is known lies on ${nodeNames(machines)}, and the log does not know with whom it began`;
	const gone = `bring ${nodeNames(lost)} back, or ${REMOVE_WITH_LOSS}`;
	if (here === "") return `${known}: ${gone}`;
	const back = `${known}: ${lost.length > 0 ? `${gone}; ` : ""}bring the others back, whose memory may live`;
	const kept = strandedSnapshot(fleet);
	if (!kept)
		return `${back}; before anything else is done, keep what it holds: rollcall etcd snapshot${unread(fleet, here)}`;
	return `${back}; where they are gone for good, boot ${here} anew (rollcall reboot MACHINE --accept-loss etcd), whose memory is kept as the ${snapshotText(kept)}, and say that etcd begins with it: rollcall etcd restore newest`;
}

/** Why it could not be read, and what is left to do where that stays so; empty before it was tried. */
function unread({ snapshots }: Fleet, here: string): string {
	const { trouble } = snapshots ?? {};
	if (trouble === undefined) return "";
	return `; ${trouble}; where that stays so, boot ${here} anew (rollcall reboot MACHINE --accept-loss etcd), and what it holds is lost`;
}

/**
 * True for a machine without a seat that has the memory of a member of the same etcd as these: with it they may be a majority again. Where nobody proved a seat
 * for etcd, as where the log was lost while its first targets were applied, it is that of members that are well: they have a majority.
 */
export function belongsToStranded(fleet: Fleet): (machine: Machine) => boolean {
	const stranded = strandedMachines(fleet);
	return holdsSameAs(stranded.length > 0 ? stranded : unprovedMembers(fleet));
}

/** The machines without seats on which a member of etcd is well, after a lost log of which nobody proved a seat for it; none where they are of more than one etcd. */
function unprovedMembers(fleet: Fleet): readonly Machine[] {
	if (fleet.recoverUntil === 0 || livingMembers(fleet).length > 0 || foundingOf(fleet)) return [];
	const well = [...fleet.machines.values()].filter(
		(one) => one.seat === undefined && one.lease === "alive" && holdsMemory(one) && isWell(one),
	);
	const clusters = new Set(well.map(({ etcdMemory }) => etcdMemory?.is?.clusterId));
	return clusters.size === 1 ? well : [];
}
