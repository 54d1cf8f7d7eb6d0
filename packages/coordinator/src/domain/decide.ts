import type { EventDraft, Timestamp } from "@rollcall/protocol";
import { admission } from "./approval.ts";
import type { Attention } from "./attention.ts";
import { validityChange } from "./certificates/certificate-validity.ts";
import { machineClockChange } from "./clocks/clock-change.ts";
import { clockStep } from "./clocks/log-clock.ts";
import { commandEnd } from "./commands.ts";
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

/**
 * What is to be recorded next. Pure and total; the caller records it and asks again until nothing is left. Each kind of
 * decision sees the ones before it recorded, so a round holds decisions of one kind only. `leasesDone`: the leases were
 * decided on for this very time and have been recorded; no other decision changes them. `attention`: whom it is about; all machines without it.
 */
export function decide(
	fleet: Fleet,
	observed: Observed,
	summarize: SummaryIfKnown,
	{ leasesDone = false, attention }: { readonly leasesDone?: boolean; readonly attention?: Attention } = {},
): EventDraft[] {
	const at = Math.max(observed.at, fleet.at);
	const certain = endDoubt(fleet, at);
	if (certain.length > 0) return certain;
	const stepped = clockStep(fleet, observed);
	if (stepped.length > 0) return stepped;
	const spent = giveUpLost(fleet, at);
	if (spent.length > 0) return spent;
	const always = [
		...(leasesDone ? [] : [leaseChange(observed)]),
		machineClockChange(observed),
		validityChange(fleet, observed, summarize),
	];
	const first = [
		drainEnd(at),
		commandEnd(fleet, at),
		targetEnd(at),
		admission(fleet),
		strangerEnd(at),
		fault(fleet, at),
	];
	const steady = steadyMachines(fleet, at, summarize);
	return inOrder(fleet, at, { always, first, last: nextTarget(fleet, at, summarize), steady, attention });
}

/** The part of `decide` that says who is let in and who sits where. */
export function decidePlacement(fleet: Fleet, at: Timestamp): EventDraft[] {
	return inOrder(fleet, at, { always: [], first: [admission(fleet), fault(fleet, at)], last: () => undefined });
}

/** Kinds of decisions about one machine, in the order in which they are made. */
interface Looks {
	/** Asked about every machine. */
	readonly always: readonly Look[];
	/** Asked about all that are not steady. */
	readonly first: readonly Look[];
	readonly last: Look;
	readonly steady?: Steady | undefined;
	readonly attention?: Attention | undefined;
}

/**
 * The decisions of the first kind that has any: those of `always` and `first`, then moves, then seats, then who leaves one for another, then shares
 * of the pod network, then `last`. Goes over the machines once, since with 10,000 of them reaching their memory is what costs.
 */
function inOrder(fleet: Fleet, at: Timestamp, looksOf: Looks): EventDraft[] {
	const { always, first, last: lastLook, steady, attention } = looksOf;
	const looks = [...always, ...first];
	const found: MachineDraft[][] = looks.map(() => []);
	let earliest = looks.length;
	const candidates: Machine[] = [];
	const restless: Parameters<typeof decideMoves>[2][number][] = [];
	const last: MachineDraft[] = [];
	const pool = fleet.cluster && at >= fleet.recoverUntil ? podPool(fleet.cluster.document) : undefined;
	const wanting: Machine[] = [];
	const open: Machine[] = [];
	for (const machine of attention?.machines(fleet, steady) ?? fleet.machines.values()) {
		const isSteady = steady?.has(machine) ?? false;
		const kinds = isSteady ? always.length : looks.length;
		if (!isSteady) open.push(machine);
		for (let kind = 0; kind < kinds && kind <= earliest; kind++) {
			const draft = looks[kind]?.(machine);
			if (!draft) continue;
			found[kind]?.push(draft);
			earliest = kind;
		}
		if (isSteady || earliest < looks.length) continue;
		if (isCandidate(machine) || isLeavingHere(machine)) candidates.push(machine);
		else if (isRestless(machine)) restless.push(machine);
		if (pool && wantsNetworks(pool, machine)) {
			wanting.push(machine);
			continue;
		}
		const draft = lastLook(machine);
		if (draft) last.push(draft);
		else steady?.look(machine);
	}
	attention?.keep(fleet, earliest < always.length ? undefined : steady, open);
	const drafts = found[earliest];
	if (drafts) return drafts.sort(byMachineId);
	const moves = decideMoves(fleet, at, restless);
	if (moves.length > 0) return moves;
	const seats = decideSeats(fleet, at, candidates);
	if (seats.length > 0) return seats;
	const taken = decideTaken(fleet, at, candidates);
	if (taken.length > 0) return taken;
	const dealt = pool && wanting.length > 0 ? dealNetworks(fleet, pool, wanting) : [];
	if (dealt.length > 0) return dealt;
	// No share is left for them: that is what their targets say.
	return [...last, ...wanting.flatMap((machine) => lastLook(machine) ?? [])].sort(byMachineId);
}
