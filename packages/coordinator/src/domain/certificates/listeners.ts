import type { Authority } from "@rollcall/protocol";
import { byMachineId } from "../drafts.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { type RotationStep, stepOf } from "./rotation.ts";

/** What is to be done next to change the authority. */
export function nextListenerStep({ signing, certificates }: Authority): RotationStep {
	return stepOf({ all: certificates.map(({ fingerprint }) => fingerprint), signing });
}

/** Whom to believe after the next step. `fresh`: the new authority, for `prepare`. */
export function listenersAfter(now: Authority, fresh: Authority["certificates"][number] | undefined): Authority {
	const { signing, certificates } = now;
	const newest = certificates.at(-1)?.fingerprint ?? signing;
	switch (nextListenerStep(now)) {
		case "prepare":
			return fresh ? { signing, certificates: [...certificates, fresh] } : now;
		case "sign":
			return { signing: newest, certificates };
		default:
			return { signing, certificates: certificates.filter(({ fingerprint }) => fingerprint === signing) };
	}
}

/** True when this boot of a machine is known to believe the newest authority. */
function knowsNewest({ listeners }: Fleet, { bootId, listenersKnown }: Machine): boolean {
	if (!listeners) return true;
	return listenersKnown?.bootId === bootId && listenersKnown.since >= listeners.introduced;
}

/** Machines whose agent is there to be told. */
function live(fleet: Fleet): Machine[] {
	return [...fleet.machines.values()].filter(({ lease, approval }) => lease !== "lost" && approval !== "rejected");
}

/** Live machines that have not confirmed who is believed now, sorted by id. */
export function untold(fleet: Fleet): Machine[] {
	const { listeners } = fleet;
	if (!listeners) return [];
	const isTold = ({ bootId, listenersKnown }: Machine): boolean =>
		listenersKnown?.bootId === bootId && listenersKnown.since === listeners.since;
	return live(fleet)
		.filter((machine) => !isTold(machine))
		.sort(byMachineId);
}

/** Live machines that have not confirmed the newest authority: without the one before they would be out. Sorted by id. */
export function unconfirmed(fleet: Fleet): Machine[] {
	return live(fleet)
		.filter((machine) => !knowsNewest(fleet, machine))
		.sort(byMachineId);
}

/** How many live machines there are, and how many of them have confirmed the newest authority; undefined while nothing changes. */
export function listenerProgress(fleet: Fleet): { readonly live: number; readonly confirmed: number } | undefined {
	if (!fleet.listeners || nextListenerStep(fleet.listeners.listeners) === "prepare") return undefined;
	const all = live(fleet).length;
	return { live: all, confirmed: all - unconfirmed(fleet).length };
}

/** The same in words, with what comes next. */
export function listenersText(fleet: Fleet): string | undefined {
	const progress = listenerProgress(fleet);
	if (!progress || !fleet.listeners) return undefined;
	const is =
		nextListenerStep(fleet.listeners.listeners) === "sign"
			? "a new authority of the listeners is introduced"
			: "the new authority of the listeners signs, and the old one is still believed";
	return `${is}: ${progress.confirmed} of ${progress.live} live machines have confirmed it; when all have: rollcall certs rotate --listeners`;
}

/** What is to be said of one machine about that, and what a person can do. */
export function listenersNote(
	fleet: Fleet,
	machine: Machine,
): { readonly reason: string; readonly next: string } | undefined {
	const { listeners } = fleet;
	if (!listeners || machine.approval === "rejected" || knowsNewest(fleet, machine)) return undefined;
	const isOver = nextListenerStep(listeners.listeners) === "prepare";
	const { machineId, lease } = machine;
	if (isOver && lease === "lost")
		return {
			reason:
				"its agent never said that it believes the listeners' new authority, and the old one is forgotten: in this boot it may not come back",
			next: `boot it anew: then it gets the new authority; rollcall remove ${machineId} where it is gone for good`,
		};
	if (isOver) return undefined;
	return {
		reason: "its agent has not said yet that it believes the listeners' new authority",
		next:
			lease === "lost"
				? "it is let in as before until the old one is forgotten (the last rollcall certs rotate --listeners); after that it has to boot anew"
				: "nothing, for some seconds; an agent of an older release cannot be told: boot the machine anew",
	};
}
