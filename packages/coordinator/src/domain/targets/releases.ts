import type { ClusterDocument, EventDraft, MachineId, Timestamp } from "@rollcall/protocol";
import { byMachineId, causeOf, type Look, type MachineDraft } from "../drafts.ts";
import { isBeginning } from "../etcd/founding.ts";
import { isMemberYet, lentSeats } from "../etcd/leaving.ts";
import { lostFirst } from "../etcd/next-to-leave.ts";
import { canSpare, heardSince } from "../etcd/quorum.ts";
import { nextEtcdStep } from "../etcd/steps.ts";
import { type Fleet, type Machine, seatKey } from "../fleet.ts";
import { fits } from "../grades.ts";
import { record } from "../record.ts";
import { isSeated, type Place, reseated, type Seated, seatFault } from "../seats/seat-fault.ts";
import { etcdRole, freeSeats } from "../seats/seats.ts";
import { decideSeats, isCandidate } from "../seats/slots.ts";

type Slot = ClusterDocument["slots"][number];

/**
 * Frees the seats whose holders may not keep them: rejected machines at once; the rest, when a lost log is not being
 * rebuilt: seats that are not declared any more, selectors that do not match, and node names that are declared for others. Where
 * another seat of the role is free the holder moves there instead. A member of etcd is taken out of that first.
 */
export function fault(fleet: Fleet, at: Timestamp): Look {
	const isKnown = fleet.cluster !== undefined && at >= fleet.recoverUntil;
	const faultOf = isKnown ? seatFault(fleet) : () => undefined;
	/** Looked up once, and only where somebody has to leave. */
	let places: ReadonlyMap<MachineId, Place> | undefined;
	const lent = isKnown ? lentSeats(fleet) : new Map<string, number>();
	return (machine) => {
		if (!isSeated(machine)) return undefined;
		if (machine.approval !== "approved") return release(fleet, machine, machine.approvalReason);
		const found = faultOf(machine);
		if (!found) return undefined;
		if (found.movable) places ??= reseated(fleet);
		const place = found.movable ? places?.get(machine.machineId) : undefined;
		if (place) return reseat(fleet, machine, { ...place, reason: found.reason });
		if (isMemberYet(fleet, machine) || lent.get(machine.seat.slot) === machine.seat.seat) return undefined;
		return release(fleet, machine, found.reason);
	};
}

/** How long the next member of etcd waits for the one before, where that gets no further: etcd takes nobody in while another one is dead. */
const NEXT_MEMBER_MS = 60_000;

interface Move {
	readonly machine: Seated;
	readonly reason: string;
}

/** Of members of etcd at most one leaves at a time, and only while a majority stays healthy without it; none while etcd begins. */
function oneMember(fleet: Fleet, found: readonly Move[]): Move[] {
	const mayLeave = (machine: Machine) => canSpare(fleet, machine.machineId) && !isBeginning(fleet, machine);
	const [member] = found.filter(({ machine }) => isMemberYet(fleet, machine) && mayLeave(machine));
	return found.filter(({ machine }) => machine === member?.machine || !isMemberYet(fleet, machine));
}

function reseat(
	fleet: Fleet,
	machine: Seated,
	{ slot, seat, reason }: Place & { readonly reason: string },
): MachineDraft {
	const { machineId, seat: from } = machine;
	return {
		type: "machine-reseated",
		machineId,
		from: { slot: from.slot, seat: from.seat },
		slot,
		seat,
		reason: reason.slice(0, 1024),
		...causeOf(fleet, machine),
	};
}

/** True for a holder that might have to leave for the good of others, or for a better place. */
export function isRestless(machine: Machine): machine is Seated {
	return isSeated(machine) && (machine.lease === "lost" || machine.pinnedRole !== undefined || machine.seat.pinned);
}

/**
 * Frees the seats of lost holders that a spare can replace, and of machines that a person wants elsewhere, where there is
 * room. Not while a lost log is being rebuilt.
 */
export function decideMoves(fleet: Fleet, at: Timestamp, restless: readonly Seated[]): EventDraft[] {
	if (restless.length === 0 || !fleet.cluster || at < fleet.recoverUntil) return [];
	const replaced = replacements(fleet, restless, at);
	return oneMember(fleet, [
		...moves(fleet, restless),
		...returns(fleet, restless),
		...replaced,
		...(replaced.length > 0 ? [] : lostInPlace(fleet, at)),
	])
		.sort((a, b) => byMachineId(a.machine, b.machine))
		.map(({ machine, reason }) => release(fleet, machine, reason));
}

/** Takes the seat of a machine. */
export function release(fleet: Fleet, machine: Seated, reason: string): MachineDraft {
	const { machineId, seat } = machine;
	return {
		type: "machine-released",
		machineId,
		slot: seat.slot,
		seat: seat.seat,
		reason: reason.slice(0, 1024),
		...causeOf(fleet, machine),
	};
}

function slotsOf(fleet: Fleet): Map<string, Slot> {
	return new Map(fleet.cluster?.document.slots.map((slot) => [slot.name, slot]));
}

/** Machines that a person gave another role, as far as that has free seats. */
function moves(fleet: Fleet, restless: readonly Seated[]): Move[] {
	const wanting = restless.filter(
		({ pinnedRole, seat, lease }) => pinnedRole && pinnedRole !== seat.role && lease !== "lost",
	);
	if (wanting.length === 0) return [];
	const claimed = new Map<string, number>();
	for (const { pinnedRole, seat } of fleet.machines.values()) {
		if (pinnedRole && !seat) claimed.set(pinnedRole, (claimed.get(pinnedRole) ?? 0) + 1);
	}
	return wanting.sort(byMachineId).flatMap((machine) => {
		const role = machine.pinnedRole ?? "";
		const ahead = claimed.get(role) ?? 0;
		if (freeOfRole(fleet, role, ahead + 1) <= ahead) return [];
		claimed.set(role, ahead + 1);
		return [{ machine, reason: `the machine was given the role ${role} by hand` }];
	});
}

/**
 * Machines whose role by hand was taken back, while a seat that they could fill is empty in an earlier slot: it was theirs, or
 * nobody else takes it. Members of etcd stay where their data is.
 */
function returns(fleet: Fleet, restless: readonly Seated[]): Move[] {
	const document = fleet.cluster?.document;
	if (!document) return [];
	const taken = new Map<string, number>();
	return restless.filter(isTakenBack).flatMap((machine) => {
		if (machine.seat.role === etcdRole(document)) return [];
		const here = document.slots.findIndex(({ name }) => name === machine.seat.slot);
		const slot = document.slots.slice(0, Math.max(0, here)).find((one) => {
			if (one.count === "rest" || !fits(one, machine)) return false;
			return [...freeSeats(one, fleet.seats)].length > (taken.get(one.name) ?? 0);
		});
		if (!slot) return [];
		taken.set(slot.name, (taken.get(slot.name) ?? 0) + 1);
		return [{ machine, reason: `its role by hand was taken back, and slot ${slot.name} has a free seat` }];
	});
}

function isTakenBack({ seat, pinnedRole, lease }: Seated): boolean {
	return seat.pinned && pinnedRole === undefined && lease !== "lost";
}

/** How many seats of a role are free; counting ends at `enough`. */
function freeOfRole(fleet: Fleet, role: string, enough: number): number {
	let free = 0;
	for (const slot of fleet.cluster?.document.slots ?? []) {
		if (slot.role !== role) continue;
		if (slot.count === "rest") return enough;
		for (const _ of freeSeats(slot, fleet.seats)) if (++free >= enough) return free;
	}
	return free;
}

/** True while a member of etcd is on its way in or out: the next one waits for its end. */
function isChanging(fleet: Fleet, at: Timestamp): boolean {
	const step = fleet.etcd && nextEtcdStep(fleet);
	if (!step || step.kind === "found" || step.kind === "restore") return false;
	return !(step.kind === "replace" && step.machine.seat && at - step.machine.seat.at >= NEXT_MEMBER_MS);
}

/** Holders that have been lost for too long, each with a spare that can take its place. */
function replacements(fleet: Fleet, restless: readonly Seated[], at: Timestamp): Move[] {
	const slots = slotsOf(fleet);
	const overdue = restless.flatMap((machine) => {
		const slot = slots.get(machine.seat.slot);
		const patience = slot?.replaceAfterSeconds;
		if (!slot || patience === undefined || machine.lease !== "lost" || machine.pinnedRole === slot.role) return [];
		const from = isMemberYet(fleet, machine) ? Math.max(machine.leaseAt, heardSince(fleet)) : machine.leaseAt;
		return at - from >= patience * 1000 ? [{ machine, slot, patience }] : [];
	});
	const spares = overdue.length > 0 ? [...fleet.machines.values()].filter(isCandidate) : [];
	if (spares.length === 0) return [];
	const busy = isChanging(fleet, at);
	const leaving = overdue.filter(({ machine }) => !(busy && isMemberYet(fleet, machine)));
	const heirs = heirsOf(fleet, leaving, { at, spares });
	return leaving.flatMap(({ machine, patience }) => {
		const heir = heirs.get(seatKey(machine.seat.slot, machine.seat.seat));
		if (heir === undefined) return [];
		return [{ machine, reason: `lost for more than ${patience} seconds, and ${heir} can take its place` }];
	});
}

/** Lost members of etcd that go in place of one that lives, where the document has fewer seats. */
function lostInPlace(fleet: Fleet, at: Timestamp): Move[] {
	if (!fleet.etcd || isChanging(fleet, at)) return [];
	return lostFirst(fleet)
		.filter(({ until }) => at >= until)
		.map(({ machine, heir }) => ({
			machine,
			reason: `lost for too long where a member of etcd has to go, and ${heir} can take its place`,
		}));
}

/** Who would get which seat if these left theirs: what another slot keeps back for itself, none of them gets. */
function heirsOf(
	fleet: Fleet,
	leaving: readonly { readonly machine: Seated }[],
	{ at, spares }: { at: Timestamp; spares: readonly Machine[] },
): ReadonlyMap<string, MachineId> {
	const without = leaving.map(({ machine }) => release(fleet, machine, "to see who would follow"));
	const heirs = new Map<string, MachineId>();
	for (const draft of decideSeats(record(fleet, without, at).fleet, at, spares))
		if (draft.type === "machine-assigned") heirs.set(seatKey(draft.slot, draft.seat), draft.machineId);
	return heirs;
}
