import type { Timestamp } from "@rollcall/protocol";
import type { Fleet, Machine } from "./fleet.ts";
import { mismatch } from "./selector.ts";

/** What to do about a role that was given by hand where no seat is free. */
export const MORE_SEATS = "raise the count of a slot with this role, or take the role back";

/** Why a machine has nothing to run now, and what an operator can do about it. */
export interface Waiting {
	readonly reason: string;
	readonly next?: string;
}

/** Says in words what a machine without a target waits for. */
export function waitReason(fleet: Fleet, machine: Machine, at: Timestamp): Waiting {
	const { machineId, seat } = machine;
	if (machine.approval === "rejected") return { reason: machine.approvalReason, next: `rollcall approve ${machineId}` };
	if (machine.approval === "waiting") {
		return { reason: "it waits for approval", next: `rollcall approve ${machineId}, or declare it or a rule for it` };
	}
	if (at < fleet.recoverUntil) {
		const seconds = Math.ceil((fleet.recoverUntil - at) / 1000);
		return { reason: `the coordinator lost its log and listens for ${seconds} s more to what the machines hold` };
	}
	const document = fleet.cluster?.document;
	if (!document) return { reason: "no cluster is declared", next: "rollcall apply -f FILE" };
	if (seat && machine.impossible !== undefined) {
		return {
			reason: `no target can be made for seat ${seat.seat} of slot ${seat.slot}: ${machine.impossible}`,
			next: `change the document, or the machine; rollcall show ${machineId} has its facts`,
		};
	}
	if (seat) return { reason: `it has seat ${seat.seat} of slot ${seat.slot}, its target is being made` };
	if (machine.pinnedRole !== undefined) {
		return {
			reason: `no seat with the role ${machine.pinnedRole}, which it was given by hand, is free`,
			next: MORE_SEATS,
		};
	}
	const closest = document.slots.map((slot) => ({ slot, why: mismatch(slot.selector, machine) }));
	const matching = closest.filter(({ why }) => why === undefined).map(({ slot }) => slot.name);
	if (matching.length > 0) {
		return { reason: `every seat that it could take is taken (slots ${matching.join(", ")}); it is a spare` };
	}
	const [first] = closest;
	return {
		reason: `no slot matches it${first ? `; ${first.slot.name}: ${first.why}` : ""}`,
		next: "change a slot's selector, or the machine's labels",
	};
}
