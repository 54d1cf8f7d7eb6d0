import { type ClusterDocument, type Grade, reachesGrade } from "@rollcall/protocol";
import type { Machine } from "./fleet.ts";
import { beyondApproved } from "./identity/hardware.ts";
import { mismatch } from "./seats/selector.ts";

type Slot = ClusterDocument["slots"][number];

/** Roles whose machines get keys that the whole cluster rests on. */
const HOLDS_AUTHORITY: ReadonlySet<string> = new Set(["control-plane", "etcd"]);

/** The grade that a slot demands. Rehearsal machines live on loopback, where nothing can be observed, and hold nothing that a real cluster rests on. */
export function demandedGrade({ role, grade, selector }: Pick<Slot, "role" | "grade" | "selector">): Grade {
	return grade ?? (HOLDS_AUTHORITY.has(role) && selector.rehearsal !== true ? "observed" : "claimed");
}

/**
 * What a boot of a machine lacks to be trusted with a seat of a slot, in words; undefined when it lacks nothing. Whom a person let in
 * counts as observed. Facts are what the machine says of itself, so a rule on facts alone opens no slot that demands more than that.
 */
export function lackFor(
	slot: Slot,
	machine: Pick<
		Machine,
		"bootId" | "grade" | "unobserved" | "basis" | "personallyLetIn" | "facts" | "approvedHardware" | "seat"
	>,
): string | undefined {
	const demanded = demandedGrade(slot);
	const byPerson = machine.personallyLetIn === machine.bootId;
	if (slot.approval === "each-boot" && !byPerson) return `slot ${slot.name} wants a person's approval of each boot`;
	if (demanded === "claimed") return undefined;
	if (demanded === "attested" || !byPerson) {
		if (!reachesGrade(machine.grade, demanded))
			return `slot ${slot.name} wants a machine that is ${demanded}, and this one is only ${machine.grade}${machine.grade === "claimed" && machine.unobserved !== undefined ? `: ${machine.unobserved}` : ""}`;
	}
	if (machine.basis === "facts" && !byPerson)
		return `slot ${slot.name} is not open to a machine that only a rule on facts let in`;
	// A person approved what he looked at; the seat that it has already it did not get by what it says now.
	if (machine.basis === "person" && machine.seat?.slot !== slot.name) {
		const beyond = beyondApproved(machine);
		if (beyond)
			return `slot ${slot.name} wants its approval anew, since its hardware is not what was approved: ${beyond}`;
	}
	return undefined;
}

/** Why a machine cannot take a seat of a slot: its selector, or how sure the coordinator is of the machine. Undefined: it can. */
export function misfit(slot: Slot, machine: Machine): string | undefined {
	return mismatch(slot.selector, machine) ?? lackFor(slot, machine);
}

/** True for a machine that can take a seat of a slot. */
export function fits(slot: Slot, machine: Machine): boolean {
	return misfit(slot, machine) === undefined;
}
