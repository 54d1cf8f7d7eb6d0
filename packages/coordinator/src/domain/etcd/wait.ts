import type { Fleet, Machine } from "../fleet.ts";
import { ACCEPT_LOG } from "../log/log-standing.ts";
import { etcdRole, seatCount } from "../seats/seats.ts";
import { type Founding, foundingOf, lacksAble, missedFounders, missedHolders, runners } from "./founding.ts";
import { livingMembers, strangers } from "./members.ts";
import { memoryBeside, memoryHolders } from "./memory-holders.ts";
import { isMemoryUnknown } from "./memory-unknown.ts";
import { names, nodeNames } from "./names.ts";
import { isIll, majorityOf, voterCount } from "./quorum.ts";
import { REMOVE, REMOVE_WITH_LOSS } from "./removal-text.ts";
import { sharedAddressText } from "./shared-addresses.ts";
import { snapshotText } from "./snapshot-text.ts";
import { nextBeginning } from "./snapshots.ts";
import { strandedText } from "./stranded.ts";

/** Why a machine with a seat for etcd must not begin with it yet, and what a person can do. */
export function etcdWait(fleet: Fleet): string {
	if (fleet.log?.doubt) return `the event log is in doubt (${fleet.log.doubt.reason}); ${ACCEPT_LOG}`;
	const living = livingMembers(fleet);
	const shared = sharedAddressText(fleet);
	if (living.length > 0) {
		const replaced = "etcd runs without the memory of this machine; its member is being replaced";
		const voters = living.filter(({ votes }) => votes);
		const here = voters.filter(({ machineId }) => fleet.machines.get(machineId)?.lease !== "lost");
		const all = voterCount(fleet);
		const needs = majorityOf(all);
		if (here.length >= needs) return shared === undefined ? replaced : `${replaced}, but ${shared}`;
		if (here.length > 0) {
			const list = names(voters.map(({ nodeName }) => nodeName));
			const lost = voters.filter((one) => !here.includes(one)).map(({ nodeName }) => nodeName);
			const back = lost.length > 0 ? `bring ${names(lost)} back, whose memory may live, or ` : "";
			return `etcd has lost its majority: the memory of ${here.length} of ${all} members is ${lost.length > 0 ? "here" : "left"}, and it needs ${needs}; ${back}boot ${list} anew too (rollcall reboot MACHINE --accept-loss etcd), and etcd begins with ${beginningText(fleet)}; ${lossText(fleet)}`;
		}
		const list = names(living.map(({ nodeName }) => nodeName));
		return `${replaced}, but nobody is there to do it: boot ${list} anew, or ${REMOVE_WITH_LOSS}, and etcd begins with ${beginningText(fleet)}`;
	}
	const founding = foundingOf(fleet);
	if (founding && (founding.isWhole || isBeginning(fleet, founding))) return foundingText(fleet, founding);
	const stranded = strandedText(fleet);
	if (stranded !== undefined) return stranded;
	const holders = memoryHolders(fleet);
	if (holders.length > 0) return besideText(fleet, holders);
	if (nextBeginning(fleet).from === "ask") return askText(fleet);
	if (shared !== undefined) return shared;
	const missed = missedHolders(fleet);
	if (missed.length > 0)
		return `etcd begins when most of its machines are here: bring ${nodeNames(missed)} back, or ${REMOVE}`;
	const trouble = fleet.snapshots?.trouble;
	return `no memory of etcd is left, and it is to begin with ${beginningText(fleet)}${trouble === undefined ? "" : `: ${trouble}`}`;
}

/** That etcd does not begin beside memory of it that may live, and what to do about that. */
function besideText(fleet: Fleet, holders: readonly Machine[]): string {
	return `etcd is to begin with ${beginningText(fleet)}, but its state may still lie in the memory of ${nodeNames(holders)}: boot them anew (rollcall reboot MACHINE --accept-loss etcd), or ${REMOVE}`;
}

/** What a person has to say before etcd begins, and what to do first where memory of before may live. */
function askText(fleet: Fleet): string {
	const { kept = [] } = fleet.snapshots ?? {};
	const isThere = kept.some(({ cluster }) => cluster === fleet.cluster?.document.name);
	const choice = isThere ? "rollcall etcd restore newest, or none" : "rollcall etcd restore none";
	if (!isMemoryUnknown(fleet))
		return `there are snapshots of etcd from before, and nobody said what it is to begin with: ${choice}`;
	return `nobody has proved that it holds etcd's memory since the event log began anew or was in doubt, and some may be alive: bring the machines that ran etcd back; where none of them runs any more, or there was no etcd yet, nobody said what it is to begin with: ${choice}`;
}

/** That etcd does not begin before a person says with what, since nobody knows whether memory of before lives; undefined where it is otherwise. */
export function unknownText(fleet: Fleet): string | undefined {
	const document = fleet.cluster?.document;
	if (!document || seatCount(document, etcdRole(document)) === 0 || fleet.log?.doubt) return undefined;
	if (!isMemoryUnknown(fleet) || fleet.at < fleet.recoverUntil || memoryHolders(fleet).length > 0) return undefined;
	return nextBeginning(fleet).from === "ask" ? askText(fleet) : undefined;
}

/** True where those who proved that they run etcd are enough to go on. */
function isBeginning(fleet: Fleet, { begun, founders }: Founding): boolean {
	const document = fleet.cluster?.document;
	if (!document || fleet.etcd || strangers(fleet).some((one) => !begun.includes(one))) return false;
	const all = Math.max(seatCount(document, etcdRole(document)), founders.length);
	return runners(fleet, begun).length * 2 > all;
}

/** Why a machine does not begin while others do, or they cannot. */
function foundingText(fleet: Fleet, founding: Founding): string {
	const { founders } = founding;
	const hopeless = hopelessText(fleet, founding);
	if (hopeless !== undefined) return hopeless;
	const beside = founding.isWhole ? memoryBeside(fleet, founding) : [];
	if (beside.length > 0) return besideText(fleet, beside);
	const why = cannotText(fleet, founding) ?? missedText(founding);
	return `etcd begins on ${names(founders.map(({ nodeName }) => nodeName))}${why}; this machine joins it then`;
}

/** Why those who begin etcd together do not get well, and what a person can do; undefined where they still may by themselves. */
export function foundingTrouble(fleet: Fleet, founding: Founding): string | undefined {
	const here = founding.begun.filter(({ lease }) => lease !== "lost");
	if (!founding.isWhole || here.some((one) => !isIll(one) && one.target?.progress !== "rejected")) return undefined;
	const missed = missedText(founding);
	const why = missed === "" && lacksAble(founding) ? cannotText(fleet, founding) : missed;
	const list = names(founding.founders.map(({ nodeName }) => nodeName));
	return hopelessText(fleet, founding) ?? (why ? `etcd begins on ${list}${why}` : undefined);
}

/** That one of those who were to begin cannot have a target, and what to do; undefined where all can. */
function cannotText(fleet: Fleet, founding: Founding): string | undefined {
	for (const { machineId, nodeName, bootId } of founding.founders) {
		const { impossible } = fleet.machines.get(machineId) ?? {};
		if (bootId === undefined && impossible?.kind === "unfit")
			return `, but ${nodeName} cannot: ${impossible.reason}; where that stays so, ${againText(fleet, founding)}`;
	}
	return undefined;
}

function hopelessText(fleet: Fleet, founding: Founding): string | undefined {
	if (!founding.isHopeless) return unsureText(fleet, founding);
	const { length } = founding.founders;
	return `etcd cannot begin: too few are left of the ${length} machines that were to begin it together, which needs ${majorityOf(length)}; ${againText(fleet, founding)}`;
}

/**
 * That those who have not begun so far, as the log has it, must not: entries of it are missing, so that they may have begun in an earlier boot, and lost what they voted
 * for. Undefined where it is otherwise.
 */
function unsureText(fleet: Fleet, founding: Founding): string | undefined {
	const { founders, begun } = founding;
	if (!founding.isWhole || begun.length >= majorityOf(founders.length)) return undefined;
	if (!isMemoryUnknown(fleet) || nextBeginning(fleet).from !== "ask") return undefined;
	const others = founders.filter(({ machineId }) => !begun.some((one) => one.machineId === machineId));
	const list = names(others.map(({ nodeName }) => nodeName));
	return `etcd cannot begin: entries of the event log are missing, so that nobody knows whether ${list} began it before: bring whoever ran etcd back, or ${againText(fleet, founding)}`;
}

/** How etcd begins with others. */
function againText(fleet: Fleet, founding: Founding): string {
	const gone = giveUpText(founding);
	return `boot ${nodeNames(founding.begun)} anew (rollcall reboot MACHINE --accept-loss etcd)${gone === undefined ? "" : `, or ${gone}`}, and etcd begins with ${beginningText(fleet)}`;
}

/** That too few are here, and what to do; empty where it is otherwise. */
function missedText(founding: Founding): string {
	const gone = giveUpText(founding);
	if (gone === undefined) return "";
	const missed = missedFounders(founding);
	const lost = missed.some((one) => founding.begun.includes(one)) ? " (what etcd wrote there is lost)" : "";
	return `, but too few of them are here for a majority: bring ${nodeNames(missed)} back, or ${gone}${lost}`;
}

/** How a person gives up those who are missed: what etcd wrote there, too, where they began. */
function giveUpText(founding: Founding): string | undefined {
	const missed = missedFounders(founding);
	if (missed.length === 0) return undefined;
	return missed.some((one) => founding.begun.includes(one)) ? REMOVE_WITH_LOSS : REMOVE;
}

/** What is lost when all who have etcd's memory boot anew. */
function lossText(fleet: Fleet): string {
	return nextBeginning(fleet).from === "nothing"
		? "all of etcd's data is lost by that"
		: "what was written after that is lost";
}

/** What etcd begins with when no memory is left, in words. */
export function beginningText(fleet: Fleet): string {
	const next = nextBeginning(fleet);
	if (next.from === "snapshot") return `the ${snapshotText(next.snapshot)}`;
	return next.from === "nothing" ? "nothing" : "what an operator chooses (rollcall etcd restore)";
}
