import type { MachineId, Problem, Timestamp } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import type { GuardedInput, Input, Verdict } from "../inputs.ts";
import { etcdRole } from "../seats/seats.ts";
import { forward } from "../targets/forward.ts";
import { named } from "../views/named.ts";
import { isAllOn } from "./elsewhere.ts";
import { foundingOf, missedFounders } from "./founding.ts";
import { fallbackText } from "./loss.ts";
import { begunNow, holdsMember, holdsMemory, livingMembers, membersOnTheirWayOut, strangers } from "./members.ts";
import { memoryHolders } from "./memory-holders.ts";
import { isMemoryUnknown } from "./memory-unknown.ts";
import { movesEtcd } from "./moves.ts";
import { nodeNames } from "./names.ts";
import { isIll, majorityOf, type Quorum, quorumOf } from "./quorum.ts";
import type { EtcdMember } from "./state.ts";
import { strandedMachines, strandedSnapshot, strandedText } from "./stranded.ts";
import { isBoot, wasTakenOut } from "./taken-out.ts";

const WORDS = {
	command: "to do so",
	reject: "to reject it",
	compromised: "to take it out as one in other hands",
	remove: "to remove it",
	"pin-role": "this role",
	label: "to label it so",
	declare: "this document",
} as const satisfies Record<GuardedInput["kind"], string>;

/** True for an input that may take memory away from etcd. */
export function isGuarded(input: Input): input is GuardedInput {
	return input.kind in WORDS;
}

/**
 * The quorum guard: the one rule that every verb and document passes before it may take memory from etcd, or the last control
 * plane. Undefined: it may go on, since a majority of etcd's voters stays healthy, nothing is taken, or a person accepted the loss by
 * name. What is taken is found out by running the core forward.
 */
export function guard(fleet: Fleet, input: GuardedInput, verdict: Verdict, at: Timestamp): Problem | undefined {
	if (verdict.events.length === 0 || verdict.answer.kind === "problem") return undefined;
	const machine = input.kind === "declare" ? undefined : fleet.machines.get(input.machineId);
	if (machine && !isAtStake(fleet, machine)) return undefined;
	if (input.acceptLoss === "etcd") return undefined;
	const unknown = machine && doubtFault(fleet, { input, machine, at });
	if (unknown) return unknown;
	const only = machine && (onlyFault(fleet, { input, machine, at }) ?? beginningFault(fleet, { input, machine }));
	if (only) return only;
	if (input.kind === "declare") {
		const moved = moveFault(fleet, input, at);
		if (moved) return moved;
	}
	const after = input.kind === "command" ? fleet : forward(fleet, verdict.events, Math.max(at, fleet.at));
	const gone = input.kind === "command" ? machine : undefined;
	return etcdFault(fleet, { input, after, gone, at }) ?? apiFault(fleet, { input, after, gone });
}

interface Change {
	readonly input: GuardedInput;
	readonly after: Fleet;
	/** The machine whose memory goes by a command. */
	readonly gone: Machine | undefined;
}

/** What etcd loses by a change, and how its votes stand then. `left`: the voters that are healthy before and after it. */
function lossOf(
	fleet: Fleet,
	{ after, gone, answered }: Omit<Change, "input"> & { readonly answered?: readonly MachineId[] | undefined },
):
	| { readonly quorum: Quorum; readonly taken: readonly EtcdMember[]; readonly left: readonly EtcdMember[] }
	| undefined {
	const quorum = quorumOf(fleet, answered);
	if (!quorum) return undefined;
	const stays = livingMembers(after).filter(({ machineId }) => machineId !== gone?.machineId);
	const isThere = (one: EtcdMember) => stays.some(isBoot(one));
	const leaving = membersOnTheirWayOut(fleet);
	const leftRunning = membersOnTheirWayOut(after).filter(({ machineId }) => machineId !== gone?.machineId);
	return {
		quorum,
		taken: [
			...livingMembers(fleet).filter((one) => one.votes && !isThere(one)),
			...leaving.filter((one) => !leftRunning.some(isBoot(one))),
		],
		left: quorum.healthy.filter(isThere),
	};
}

/** What stops or forgets a machine at once. */
const STOPS: ReadonlySet<GuardedInput["kind"]> = new Set(["command", "reject", "compromised", "remove"]);

/** True while a machine that is there, as far as is known, applies its target, or failed and tries it again by itself. */
function isAtIt({ lease, target }: Machine): boolean {
	return lease !== "lost" && target !== undefined && target.progress !== "applied";
}

/** While machines still prove what they hold, the members of etcd are not known, and so not how many of them may go. */
function doubtFault(
	fleet: Fleet,
	{ input, machine, at }: { readonly input: GuardedInput; readonly machine: Machine; readonly at: Timestamp },
): Problem | undefined {
	if (!STOPS.has(input.kind) || (!fleet.log?.doubt && at >= fleet.recoverUntil)) return undefined;
	if (!holdsMemory(machine) && !memoryHolders(fleet).includes(machine)) return undefined;
	const why = fleet.log?.doubt ? "the event log is in doubt" : "the event log is being rebuilt";
	return {
		code: "quorum-at-risk",
		message: `${subjectOf(fleet, input)}: ${why}, so that the members of etcd are not known, and its memory is there`,
		next: `wait until that is over (rollcall status); --accept-loss etcd does it all the same`,
		machineId: machine.machineId,
	};
}

/**
 * What is known of etcd's memory lies on this machine, and no member of etcd is known to live: after a lost log, or where who began it lost its seat at once. It
 * may be all that is left.
 */
function onlyFault(
	fleet: Fleet,
	{ input, machine, at }: { readonly input: GuardedInput; readonly machine: Machine; readonly at: Timestamp },
): Problem | undefined {
	if (!STOPS.has(input.kind)) return undefined;
	const { machineId } = machine;
	const fault = (why: string, next: string): Problem => ({
		code: "quorum-at-risk",
		message: `${subjectOf(fleet, input)}: ${why}`,
		next: `${next}--accept-loss etcd does it all the same`,
		machineId,
	});
	if (strandedMachines(fleet).includes(machine)) {
		const next = strandedSnapshot(fleet) ? "bring the others back; " : "rollcall etcd snapshot keeps what it holds; ";
		return fault(strandedText(fleet) ?? "", next);
	}
	// Who is lost and is given up for gone is another matter: nobody hears whether its memory lives.
	if (machine.lease === "lost" || livingMembers(fleet).length > 0) return undefined;
	if (!holdsMemory(machine) || !strangers(fleet).includes(machine)) return undefined;
	return fault(`memory of etcd lies on it that may be all that is left; without it: ${fallbackText(fleet, at)}`, "");
}

/**
 * etcd wrote what machines hold, and its members are recorded only once most of them run: until then the log does not know how many may go. Whoever was told to begin and is
 * at it may hold such memory already, before its agent says so; and where only its seat were taken, it would begin beside the next one.
 */
function beginningFault(
	fleet: Fleet,
	{ input, machine }: { readonly input: GuardedInput; readonly machine: Machine },
): Problem | undefined {
	if (!STOPS.has(input.kind)) return undefined;
	const told = begunNow(fleet).filter((one) => !wasTakenOut(fleet, one));
	const begun = told.filter(({ etcdMemory }) => etcdMemory?.is !== undefined);
	const hasBegun = begun.includes(machine);
	if (!hasBegun && !(told.includes(machine) && isAtIt(machine))) return undefined;
	const others = begun.length - (hasBegun ? 1 : 0);
	const isAgain = machine.target?.progress === "rejected";
	const atIt = isAgain ? "is begun again" : "was just told to begin";
	const has = hasBegun ? "has just begun" : atIt;
	const known = hasBegun ? "how many of its members may go" : "whether its memory is there";
	const more = others > 0 ? ` and ${others} more` : "";
	return {
		code: "quorum-at-risk",
		message: `${subjectOf(fleet, input)}: etcd ${has} on it${more}, and ${known} is known when it runs`,
		next: `${waitForFounding(fleet)}; --accept-loss etcd does it all the same`,
		machineId: machine.machineId,
	};
}

/** What is to be done before etcd is founded, which does not come about by itself where too few of those who began are here. */
function waitForFounding(fleet: Fleet): string {
	const founding = foundingOf(fleet);
	const missed = founding?.isWhole ? missedFounders(founding) : [];
	if (founding?.isHopeless) return "too few are left of those who began: nothing comes of waiting";
	if (missed.length === 0) return "wait until etcd is founded (rollcall etcd risk), or let --queue wait";
	return `bring ${nodeNames(missed)} back, without whom too few are here`;
}

/** A document under which etcd cannot go on with its memory, while there is some, or may be: before machines have proved what they hold nobody knows. */
function moveFault(
	fleet: Fleet,
	input: Extract<GuardedInput, { kind: "declare" }>,
	at: Timestamp,
): Problem | undefined {
	const before = fleet.cluster?.document;
	const { document } = input;
	if (!before || !movesEtcd(before, document)) return undefined;
	const rebuilds = at < fleet.recoverUntil;
	// A document that went back with the log had etcd elsewhere: this one has it where its memory is.
	const isThere = before.name === document.name && isAllOn(fleet, etcdRole(document));
	if (isThere && !rebuilds && !fleet.log?.doubt) return undefined;
	const isUnknown = !rebuilds && isMemoryUnknown(fleet);
	if (!rebuilds && !isUnknown && memoryHolders(fleet).length === 0) return undefined;
	const what =
		before.name === document.name
			? `etcd would begin anew on machines of the role ${etcdRole(document)}, without what it holds on those of the role ${etcdRole(before)}`
			: `${document.name} is another cluster than ${before.name}, and would begin without what etcd holds`;
	const then = before.name === document.name ? fallbackText(fleet, at) : "all of its data is lost";
	return {
		code: "quorum-at-risk",
		message: `${subjectOf(fleet, input)}: ${what}; ${then}`,
		path: before.name === document.name ? "slots" : "name",
		next: rebuilds
			? "wait until the event log is rebuilt (rollcall status): until then nobody knows who holds etcd's memory; --accept-loss etcd does it all the same"
			: isUnknown
				? "bring the machines that ran etcd back, or say first what it begins with (rollcall etcd restore): nobody knows whether memory of it lives; --accept-loss etcd does it all the same"
				: "leave it as it is; --accept-loss etcd does it all the same, and the machines of etcd have to boot anew",
	};
}

function etcdFault(fleet: Fleet, { input, after, gone, at }: Change & { at: Timestamp }): Problem | undefined {
	const loss = lossOf(fleet, { after, gone, answered: input.answered });
	if (!loss) return undefined;
	const { quorum, left } = loss;
	const joins = "machineId" in input && STOPS.has(input.kind) && mayVoteNow(fleet, input.machineId);
	const isCounted = quorum.voters.some((one) => "machineId" in input && one.machineId === input.machineId);
	const needs = joins && !isCounted ? majorityOf(quorum.count + 1) : quorum.needs;
	if ((loss.taken.length === 0 && !joins) || left.length >= needs) return undefined;
	const now = `${quorum.healthy.length} of ${quorum.count} members of etcd are healthy now${joins ? ", and it may vote at any moment" : ""}`;
	const then = `${left.length} would be, and it needs ${needs}`;
	return {
		code: "quorum-at-risk",
		message: `${subjectOf(fleet, input)}: ${now}, ${then}; that majority lost means ${fallbackText(fleet, at)}`,
		next: nextFor(input, "etcd"),
		...(input.kind === "declare" ? {} : { machineId: input.machineId }),
	};
}

/**
 * True for a machine that learns and is well: etcd may be asked just now to let it vote, before that is recorded. Also for one that has the memory of a member
 * which the log does not know in this boot, since it went back: it may vote.
 */
function mayVoteNow(fleet: Fleet, id: MachineId): boolean {
	const machine = fleet.machines.get(id);
	if (machine?.lease !== "alive" || !holdsMemory(machine) || isIll(machine)) return false;
	const member = fleet.etcd?.members.find((one) => isBoot(one)(machine));
	return member ? !member.votes && livingMembers(fleet).includes(member) : holdsMember(fleet)(machine);
}

function apiFault(fleet: Fleet, { input, after, gone }: Change): Problem | undefined {
	if (input.acceptLoss === "control-plane") return undefined;
	const before = [...fleet.machines.values()].filter(answersApi);
	const taken = before.filter(
		({ machineId }) => machineId === gone?.machineId || after.machines.get(machineId)?.seat?.role !== "control-plane",
	);
	if (taken.length === 0 || taken.length < before.length) return undefined;
	return {
		code: "quorum-at-risk",
		message: `${subjectOf(fleet, input)}: nobody would answer the cluster's API, since no other control plane is there`,
		next: nextFor(input, "control-plane"),
		...(input.kind === "declare" ? {} : { machineId: input.machineId }),
	};
}

function answersApi({ seat, lease, target, bootId, command }: Machine): boolean {
	return (
		seat?.role === "control-plane" &&
		lease === "alive" &&
		!command &&
		target?.bootId === bootId &&
		target.progress === "applied"
	);
}

/** True for a machine by which etcd or the cluster's API can lose something. */
export function isAtStake(fleet: Fleet, { machineId, seat, etcdMemory }: Machine): boolean {
	if (etcdMemory?.is || seat?.role === "control-plane" || seat?.role === "etcd") return true;
	return fleet.etcd?.members.some((one) => one.machineId === machineId) ?? false;
}

function subjectOf(fleet: Fleet, input: GuardedInput): string {
	if (input.kind === "declare") return `${WORDS.declare} is refused`;
	const what = input.kind === "command" ? `to ${input.command}` : WORDS[input.kind];
	return named(fleet, `machine ${input.machineId}: ${what} is refused`);
}

function nextFor(input: GuardedInput, loss: string): string {
	const force = `--accept-loss ${loss} does it all the same`;
	if (input.kind === "declare")
		return `change less at once, or wait until all members are healthy (rollcall etcd risk); ${force}`;
	return `wait until the others are healthy (rollcall etcd risk), or let --queue wait; ${force}`;
}
