import type { Timestamp } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import { foundingOf } from "./founding.ts";
import { fallbackText } from "./loss.ts";
import { memoryHolders } from "./memory-holders.ts";
import { names, nodeNames } from "./names.ts";
import { isIll, isStill, type Quorum, quorumOf } from "./quorum.ts";
import { REMOVE_WITH_LOSS } from "./removal-text.ts";
import { strandedText } from "./stranded.ts";
import { unseatedText } from "./unseated.ts";
import { beginningText, etcdWait, foundingTrouble, unknownText } from "./wait.ts";

const NUMBERS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** What of etcd may be lost now, in one sentence; undefined before it was founded. */
export function etcdRisk(fleet: Fleet, at: Timestamp): string | undefined {
	if (!fleet.etcd) return unfoundedText(fleet);
	const quorum = quorumOf(fleet);
	if (!quorum) return beginningTrouble(fleet) ?? etcdWait(fleet);
	if (isStill(quorum)) {
		const rescue = rescueText(fleet, quorum);
		// Who waits loses nothing.
		return `${stillText(quorum)}; ${rescue}${rescue.includes(" anew") ? `, ${fallbackText(fleet, at)}` : ""}`;
	}
	const { healthy, count, needs } = quorum;
	const spare = healthy.length - needs;
	const away = names(awayFrom(quorum));
	const now = away === "" ? "" : ` now, since ${away} ${count - healthy.length === 1 ? "does" : "do"} not vote`;
	const of = count === 1 ? "the only member may not go" : `${number(spare)} of ${number(count)} may go`;
	return `${of}${now}; ${number(spare + 1)} gone = ${fallbackText(fleet, at)}`;
}

/**
 * What is to be done where the log does not know who holds etcd's memory: nobody proved it, or it runs by what machines proved after the log was lost, and
 * none of them gets it well: the others are not here.
 */
function unfoundedText(fleet: Fleet): string | undefined {
	const founding = foundingOf(fleet);
	if (!founding) return unseatedText(fleet) ?? unknownText(fleet);
	const isWellHere = (one: Machine): boolean =>
		one.lease !== "lost" && !isIll(one) && one.target?.progress !== "rejected";
	if (founding.isWhole) return beginningTrouble(fleet);
	if (founding.begun.some(isWellHere)) return undefined;
	const stranded = strandedText(fleet);
	if (stranded !== undefined) return `etcd does not get well: ${stranded}`;
	// It is only stood in for there.
	const here = nodeNames(founding.begun);
	return `etcd does not get well on ${here}, and the log does not know with whom it began: bring the others back, whose memory may live, or boot ${here} anew (rollcall reboot MACHINE), and etcd begins with ${beginningText(fleet)}`;
}

/** Why those who begin etcd together do not get well; undefined where they may, or nobody begins. */
function beginningTrouble(fleet: Fleet): string | undefined {
	const founding = foundingOf(fleet);
	return founding && foundingTrouble(fleet, founding);
}

/** That etcd stands still, with the numbers. */
function stillText({ count, healthy, needs }: Quorum): string {
	const [are, is] = [healthy.length, healthy.length === 1 ? "is" : "are"];
	return `etcd has lost its majority: ${are} of ${count} members ${is} healthy, and it needs ${needs}`;
}

/** That etcd has lost its majority, with whom to bring back or to boot and what is lost by that; undefined while a majority votes. */
export function lostMajority(fleet: Fleet): { readonly text: string; readonly next: string } | undefined {
	const quorum = quorumOf(fleet);
	if (!quorum || !isStill(quorum)) return undefined;
	const then = `where they do not come back, ${fallbackText(fleet, fleet.at)}`;
	return { text: `${stillText(quorum)}; ${then}`, next: rescueText(fleet, quorum) };
}

/** What is not well about etcd as a whole, with what to do; undefined while a majority votes. */
export function etcdTrouble(fleet: Fleet): { readonly text: string; readonly next: string } | undefined {
	const quorum = quorumOf(fleet);
	const text = fleet.etcd ? beginningTrouble(fleet) : unfoundedText(fleet);
	if (text !== undefined) return { text, next: "rollcall etcd risk" };
	if (!quorum || !isStill(quorum)) return undefined;
	return { text: stillText(quorum), next: `${rescueText(fleet, quorum)} (rollcall etcd risk)` };
}

/**
 * Whom to bring back, or where to see why etcd is not well, else whom to boot anew; where nobody with etcd's memory is here, how to give up what is gone for
 * good. What members are here and not well hold is lost by another boot, and they may be slow only; but with too few of them it helps nobody to wait. While those of whom nobody knows
 * yet how they are make a majority with the others, as in the midst of a change, nobody is told to boot anything.
 */
function rescueText(fleet: Fleet, quorum: Quorum): string {
	const { voters, healthy, needs } = quorum;
	const holders = memoryHolders(fleet);
	const lost: string[] = [];
	const ill: string[] = [];
	const open: string[] = [];
	for (const voter of voters) {
		const { machineId, bootId, nodeName } = voter;
		const machine = fleet.machines.get(machineId);
		if (machine?.bootId !== bootId) continue;
		if (machine.lease === "lost") lost.push(nodeName);
		else if (healthy.includes(voter) || !holders.includes(machine) || machine.command) continue;
		else if (isIll(machine)) ill.push(nodeName);
		else if (machine.lease === "suspect" || machine.target?.progress !== "rejected") open.push(nodeName);
	}
	const back = lost.length > 0 ? `bring ${names(lost)} back, whose memory may live, or ` : "";
	if (open.length > 0 && healthy.length + open.length >= needs)
		return `${back}wait until ${names(open)}, whose memory lives, ${open.length === 1 ? "has" : "have"} said how etcd is there (rollcall why MACHINE)`;
	const seen =
		ill.length > 0 && healthy.length + ill.length >= needs
			? `see why etcd is not well on ${names(ill)}, whose memory lives (rollcall why MACHINE), or `
			: "";
	if (holders.every(({ lease }) => lease === "lost"))
		return `${back}boot ${nodeNames(holders)} anew, or ${REMOVE_WITH_LOSS}`;
	const too = voters.length > holders.length || lost.length > 0 ? " too" : "";
	return `${back}${seen}boot ${nodeNames(holders)} anew${too} (rollcall reboot MACHINE --accept-loss etcd)`;
}

function awayFrom({ voters, healthy, count }: Quorum): readonly string[] {
	const unproved = count - voters.length;
	const away = voters.filter((one) => !healthy.includes(one)).map(({ nodeName }) => nodeName);
	return unproved > 0 ? [...away, `${unproved} of which the event log knows nothing`] : away;
}

function number(count: number): string {
	return NUMBERS[count] ?? String(count);
}
