import type { Fleet } from "../fleet.ts";
import { ACCEPT_LOG } from "../log/log-standing.ts";
import { etcdRole, seatCount } from "../seats/seats.ts";
import { type Founding, foundingOf } from "./founding.ts";
import { livingMembers, strangers } from "./members.ts";
import { memoryHolders } from "./memory-holders.ts";
import { majorityOf } from "./quorum.ts";
import { nextBeginning, snapshotText } from "./snapshots.ts";

/** So many names a reason lists. */
const MAX_NAMED = 8;

/** What is said here of a machine that waits, and not what keeps the machine itself from having a target. */
const OF_ETCD = /etcd|event log/;

/** Why a machine with a seat for etcd must not begin with it yet, and what a person can do. */
export function etcdWait(fleet: Fleet): string {
	if (fleet.log?.doubt) return `the event log is in doubt (${fleet.log.doubt.reason}); ${ACCEPT_LOG}`;
	const living = livingMembers(fleet);
	if (living.length > 0) {
		const replaced = "etcd runs without the memory of this machine; its member is being replaced";
		const voters = living.filter(({ votes }) => votes);
		const here = voters.filter(({ machineId }) => fleet.machines.get(machineId)?.lease !== "lost");
		const all = (fleet.etcd?.members ?? []).filter(({ votes, removed }) => votes && removed !== "done");
		const needs = majorityOf(all.length);
		if (here.length >= needs) return replaced;
		if (here.length > 0) {
			const list = names(voters.map(({ nodeName }) => nodeName));
			const lost = voters.filter((one) => !here.includes(one)).map(({ nodeName }) => nodeName);
			const back = lost.length > 0 ? `bring ${names(lost)} back, whose memory may live, or ` : "";
			return `etcd has lost its majority: the memory of ${here.length} of ${all.length} members is ${lost.length > 0 ? "here" : "left"}, and it needs ${needs}; ${back}boot ${list} anew too (rollcall reboot MACHINE --accept-loss etcd), and etcd begins with ${beginningText(fleet)}; what was written after that is lost`;
		}
		const list = names(living.map(({ nodeName }) => nodeName));
		return `${replaced}, but nobody is there to do it: boot ${list} anew, or rollcall remove what is gone for good, and etcd begins with ${beginningText(fleet)}`;
	}
	const founding = foundingOf(fleet);
	if (founding && (founding.isWhole || isBeginning(fleet, founding))) return foundingText(fleet, founding);
	const holders = memoryHolders(fleet);
	if (holders.length > 0) {
		const list = names(holders.map(({ seat, machineId }) => seat?.nodeName ?? machineId));
		return `etcd is to begin with ${beginningText(fleet)}, but its state may still lie in the memory of ${list}: boot them anew, or rollcall remove what is gone for good`;
	}
	if (nextBeginning(fleet).from === "ask") {
		return "there are snapshots of etcd from before, and nobody said what it is to begin with: rollcall etcd restore newest, or none";
	}
	const trouble = fleet.snapshots?.trouble;
	return `no memory of etcd is left, and it is to begin with ${beginningText(fleet)}${trouble === undefined ? "" : `: ${trouble}`}`;
}

/** True where those who proved that they run etcd are enough to go on, and nothing else has to be decided before. */
function isBeginning(fleet: Fleet, { begun }: Founding): boolean {
	const document = fleet.cluster?.document;
	if (!document || fleet.etcd || strangers(fleet).length > 0 || nextBeginning(fleet).from !== "nothing") return false;
	return begun.length * 2 > seatCount(document, etcdRole(document));
}

/** Why a machine does not begin while others do, or they cannot. */
function foundingText(fleet: Fleet, { founders, begun, isHopeless }: Founding): string {
	const here = names(begun.map(({ seat, machineId }) => seat?.nodeName ?? machineId));
	const again = `boot ${here} anew, and etcd begins with ${beginningText(fleet)}`;
	if (isHopeless) {
		const needs = majorityOf(founders.length);
		return `etcd cannot begin: too few are left of the ${founders.length} machines that were to begin it together, which needs ${needs}; ${again}`;
	}
	const cannot = founders.flatMap(({ machineId, nodeName, bootId }) => {
		const { impossible } = fleet.machines.get(machineId) ?? {};
		const isOwn = bootId === undefined && impossible !== undefined && !OF_ETCD.test(impossible);
		return isOwn ? [`, but ${nodeName} cannot: ${impossible}; where that stays so, ${again}`] : [];
	});
	return `etcd begins on ${names(founders.map(({ nodeName }) => nodeName))}${cannot.slice(0, 1)}; this machine joins it then`;
}

/** What etcd begins with when no memory is left, in words. */
export function beginningText(fleet: Fleet): string {
	const next = nextBeginning(fleet);
	if (next.from === "snapshot") return `the ${snapshotText(next.snapshot)}`;
	return next.from === "nothing" ? "nothing" : "what an operator chooses (rollcall etcd restore)";
}

/** Names in one text, not too many of them. */
export function names(all: readonly string[]): string {
	const more = all.length > MAX_NAMED ? ` and ${all.length - MAX_NAMED} more` : "";
	return `${all.slice(0, MAX_NAMED).join(", ")}${more}`;
}
