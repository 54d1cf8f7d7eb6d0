import type { ClusterDocument, EventDraft, Timestamp } from "@rollcall/protocol";
import { byMachineId, causeOf, type Look, type MachineDraft } from "./drafts.ts";
import { type Fleet, type Machine, type Seat, seatKey } from "./fleet.ts";
import { matches, mismatch } from "./selector.ts";
import { isCandidate } from "./slots.ts";

type Slot = ClusterDocument["slots"][number];
type Seated = Machine & { readonly seat: Seat };

/**
 * Frees the seats whose holders may not keep them: rejected machines at once; the rest, when a lost log is not being
 * rebuilt: seats that are not declared any more, and selectors that do not match.
 */
export function fault(fleet: Fleet, at: Timestamp): Look {
	const cluster = at < fleet.recoverUntil ? undefined : fleet.cluster;
	const slots = slotsOf(fleet);
	return (machine) => {
		if (!isSeated(machine)) return undefined;
		const reason =
			machine.approval === "approved"
				? cluster && faultOf(machine, slots.get(machine.seat.slot), cluster.document.name)
				: machine.approvalReason;
		return reason ? release(fleet, machine, reason) : undefined;
	};
}

/** True for a holder that might have to leave for the good of others, or for a better place. */
export function isRestless(machine: Machine): machine is Seated {
	return isSeated(machine) && (machine.lease === "lost" || machine.pinnedRole !== undefined);
}

/**
 * Frees the seats of lost holders that a spare can replace, and of machines that a person wants elsewhere, where there is
 * room. Not while a lost log is being rebuilt.
 */
export function decideMoves(fleet: Fleet, at: Timestamp, restless: readonly Seated[]): EventDraft[] {
	if (restless.length === 0 || !fleet.cluster || at < fleet.recoverUntil) return [];
	return [...moves(fleet, restless), ...replacements(fleet, restless, at)]
		.sort((a, b) => byMachineId(a.machine, b.machine))
		.map(({ machine, reason }) => release(fleet, machine, reason));
}

function release(fleet: Fleet, machine: Seated, reason: string): MachineDraft {
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

function isSeated(machine: Machine): machine is Seated {
	return machine.seat !== undefined;
}

function faultOf(machine: Seated, slot: Slot | undefined, cluster: string): string | undefined {
	const { seat } = machine;
	if (seat.cluster !== cluster) return `the cluster ${seat.cluster} is not declared any more, ${cluster} is`;
	if (!slot) return `the slot ${seat.slot} is not declared any more`;
	if (slot.role !== seat.role) return `the slot ${slot.name} is for the role ${slot.role} now`;
	if (slot.count !== "rest" && seat.seat >= slot.count) return `the slot ${slot.name} has only ${slot.count} seats now`;
	if (machine.pinnedRole === seat.role) return undefined;
	const why = mismatch(slot.selector, machine);
	return why && `the machine does not match the selector of slot ${slot.name} any more: ${why}`;
}

/** Machines that a person gave another role, as far as that has free seats. */
function moves(fleet: Fleet, restless: readonly Seated[]): { machine: Seated; reason: string }[] {
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
		if (freeSeats(fleet, role, ahead + 1) <= ahead) return [];
		claimed.set(role, ahead + 1);
		return [{ machine, reason: `the machine was given the role ${role} by hand` }];
	});
}

/** How many seats of a role are free; counting ends at `enough`. */
function freeSeats(fleet: Fleet, role: string, enough: number): number {
	let free = 0;
	for (const slot of fleet.cluster?.document.slots ?? []) {
		if (slot.role !== role) continue;
		if (slot.count === "rest") return enough;
		for (let seat = 0; seat < slot.count && free < enough; seat++)
			if (!fleet.seats.has(seatKey(slot.name, seat))) free++;
	}
	return free;
}

/** Holders that have been lost for too long, each with a spare that can take its place. */
function replacements(fleet: Fleet, restless: readonly Seated[], at: Timestamp): { machine: Seated; reason: string }[] {
	const slots = slotsOf(fleet);
	const overdue = restless.flatMap((machine) => {
		const slot = slots.get(machine.seat.slot);
		const patience = slot?.replaceAfterSeconds;
		if (!slot || patience === undefined || machine.lease !== "lost" || machine.pinnedRole === slot.role) return [];
		return at - machine.leaseAt >= patience * 1000 ? [{ machine, slot, patience }] : [];
	});
	if (overdue.length === 0) return [];
	const order = [...slots.keys()];
	overdue.sort(
		(a, b) => order.indexOf(a.slot.name) - order.indexOf(b.slot.name) || a.machine.seat.seat - b.machine.seat.seat,
	);
	const spares = [...fleet.machines.values()]
		.filter(isCandidate)
		.filter(({ pinnedRole }) => !pinnedRole)
		.sort(byMachineId);
	return overdue.flatMap(({ machine, slot, patience }) => {
		const index = spares.findIndex((spare) => matches(slot.selector, spare));
		if (index < 0) return [];
		const [spare] = spares.splice(index, 1);
		const reason = `lost for more than ${patience} seconds, and ${spare?.machineId} can take its place`;
		return [{ machine, reason }];
	});
}
