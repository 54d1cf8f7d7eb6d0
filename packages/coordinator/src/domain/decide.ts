import type { EventDraft, Timestamp } from "@rollcall/protocol";
import { admission } from "./approval.ts";
import type { Attention } from "./attention.ts";
import { validityChange } from "./certificates/certificate-validity.ts";
import { machineClockChange } from "./clocks/clock-change.ts";
import { clockStep } from "./clocks/log-clock.ts";
import { commandEnd } from "./commands.ts";
import { contain, type OnFault } from "./contain.ts";
import { byMachineId, type Look, type MachineDraft } from "./drafts.ts";
import { giveUpLost } from "./etcd/give-up.ts";
import type { Fleet, Machine } from "./fleet.ts";
import { leaseChange } from "./leases.ts";
import { endDoubt } from "./log/log-doubt.ts";
import { dealNetworks, podPool, wantsNetworks } from "./networks/pod-networks.ts";
import type { Observed, SummaryIfKnown } from "./observed.ts";
import { drainEnd, isLeavingHere } from "./seats/leaving.ts";
import { decideSeats, isCandidate } from "./seats/slots.ts";
import { decideTaken } from "./seats/takes-from.ts";
import { strangerEnd } from "./strangers.ts";
import { targetEnd } from "./targets/deadlines.ts";
import { decideMoves, fault, isRestless } from "./targets/releases.ts";
import { type Steady, steadyMachines } from "./targets/steady.ts";
import { nextTarget } from "./targets/targets.ts";

/** How decisions are made. */
export interface DecideHow {
	/** The leases were decided on for this very time and have been recorded; no other decision changes them. */
	readonly leasesDone?: boolean;
	/** Whom it is about; all machines without it. */
	readonly attention?: Attention | undefined;
	/** Hears of a decision that throws, by an error of ours: the others are made all the same. Without it the error is thrown on. */
	readonly onFault?: OnFault | undefined;
}

/**
 * What is to be recorded next. Pure and total; the caller records it and asks again until nothing is left. Each kind of
 * decision sees the ones before it recorded, so a round holds decisions of one kind only.
 */
export function decide(
	fleet: Fleet,
	observed: Observed,
	summarize: SummaryIfKnown,
	{ leasesDone = false, attention, onFault }: DecideHow = {},
): EventDraft[] {
	const at = Math.max(observed.at, fleet.at);
	const whole: readonly [string, () => EventDraft[]][] = [
		["whether the event log is in doubt", () => endDoubt(fleet, at)],
		["the log's clock", () => clockStep(fleet, observed)],
		["certificates that are lost", () => giveUpLost(fleet, at)],
	];
	for (const [what, decision] of whole) {
		const drafts = contain(onFault, what, decision, []);
		if (drafts.length > 0) return drafts;
	}
	const look = (what: string, made: () => Look): NamedLook => [what, contain(onFault, what, made, () => undefined)];
	const always = [
		...(leasesDone ? [] : [look("leases", () => leaseChange(observed))]),
		look("clocks of machines", () => machineClockChange(observed)),
		look("lives of certificates", () => validityChange(fleet, observed, summarize)),
	];
	const first = [
		look("who is drained", () => drainEnd(at)),
		look("ends of commands", () => commandEnd(fleet, at)),
		look("deadlines of targets", () => targetEnd(at)),
		look("who is let in", () => admission(fleet)),
		look("who is forgotten", () => strangerEnd(at)),
		look("seats that are not declared", () => fault(fleet, at)),
	];
	const steady = contain(onFault, "steady machines", () => steadyMachines(fleet, at, summarize), undefined);
	const last = look("targets", () => nextTarget(fleet, at, summarize));
	return inOrder(fleet, at, { always, first, last, steady, attention, onFault });
}

/** The part of `decide` that says who is let in and who sits where. */
export function decidePlacement(fleet: Fleet, at: Timestamp): EventDraft[] {
	const first: NamedLook[] = [
		["who is let in", admission(fleet)],
		["seats that are not declared", fault(fleet, at)],
	];
	return inOrder(fleet, at, { always: [], first, last: ["targets", () => undefined] });
}

/** A kind of decision about one machine, with its name for people. */
type NamedLook = readonly [string, Look];

/** Kinds of decisions about one machine, in the order in which they are made. */
interface Looks {
	/** Asked about every machine. */
	readonly always: readonly NamedLook[];
	/** Asked about all that are not steady. */
	readonly first: readonly NamedLook[];
	readonly last: NamedLook;
	readonly steady?: Steady | undefined;
	readonly attention?: Attention | undefined;
	readonly onFault?: OnFault | undefined;
}

/**
 * The decisions of the first kind that has any: those of `always` and `first`, then moves, then seats, then who leaves one for another, then shares
 * of the pod network, then `last`. Goes over the machines once, since with 10,000 of them reaching their memory is what costs.
 */
function inOrder(fleet: Fleet, at: Timestamp, looksOf: Looks): EventDraft[] {
	const { always, first, last: lastLook, steady, attention, onFault } = looksOf;
	const looks = [...always, ...first];
	const found: MachineDraft[][] = looks.map(() => []);
	let earliest = looks.length;
	const candidates: Machine[] = [];
	const restless: Parameters<typeof decideMoves>[2][number][] = [];
	const last: MachineDraft[] = [];
	const pool = contain(onFault, "shares of the pod network", () => poolOf(fleet, at), undefined);
	const wanting: Machine[] = [];
	const open: Machine[] = [];
	const lookOver = (machine: Machine): void => {
		const isSteady = steady?.has(machine) ?? false;
		const kinds = isSteady ? always.length : looks.length;
		if (!isSteady) open.push(machine);
		for (let kind = 0; kind < kinds && kind <= earliest; kind++) {
			const draft = lookAt(machine, looks[kind], onFault);
			if (!draft) continue;
			found[kind]?.push(draft);
			earliest = kind;
		}
		if (isSteady || earliest < looks.length) return;
		if (isCandidate(machine) || isLeavingHere(machine)) candidates.push(machine);
		else if (isRestless(machine)) restless.push(machine);
		if (pool && wantsNetworks(pool, machine)) {
			wanting.push(machine);
			return;
		}
		const draft = lookAt(machine, lastLook, onFault);
		if (draft) last.push(draft);
		else steady?.look(machine);
	};
	const all: NamedLook = ["what it needs", (machine) => void lookOver(machine)];
	for (const machine of attention?.machines(fleet, steady) ?? fleet.machines.values()) lookAt(machine, all, onFault);
	attention?.keep(fleet, earliest < always.length ? undefined : steady, open);
	const drafts = found[earliest];
	if (drafts) return drafts.sort(byMachineId);
	const later: readonly [string, () => EventDraft[]][] = [
		["who leaves its seat", () => decideMoves(fleet, at, restless)],
		["who gets a seat", () => decideSeats(fleet, at, candidates)],
		["who leaves its seat for another", () => decideTaken(fleet, at, candidates)],
		["shares of the pod network", () => (pool && wanting.length > 0 ? dealNetworks(fleet, pool, wanting) : [])],
	];
	for (const [what, decision] of later) {
		const made = contain(onFault, what, decision, []);
		if (made.length > 0) return made;
	}
	// No share is left for them: that is what their targets say.
	return [...last, ...wanting.flatMap((machine) => lookAt(machine, lastLook, onFault) ?? [])].sort(byMachineId);
}

/** Where machines' shares of the pod network come from, once nothing is rebuilt. */
function poolOf({ cluster, recoverUntil }: Fleet, at: Timestamp): ReturnType<typeof podPool> {
	return cluster && at >= recoverUntil ? podPool(cluster.document) : undefined;
}

/** One kind of decision about one machine: none where it throws, which is told. */
function lookAt(
	machine: Machine,
	named: NamedLook | undefined,
	onFault: OnFault | undefined,
): MachineDraft | undefined {
	if (!named) return undefined;
	const [what, look] = named;
	if (!onFault) return look(machine);
	try {
		return look(machine);
	} catch (error) {
		onFault(`${what}, of machine ${machine.machineId}`, error);
		return undefined;
	}
}
