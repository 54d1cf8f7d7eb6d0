import type { ApprovalBasis, Event, EventOf } from "@rollcall/protocol";
import { stillExposed } from "../certificates/exposure.ts";
import type { Fleet } from "../fleet.ts";
import { hardwareOf } from "../identity/hardware.ts";
import { withFence } from "./incarnations.ts";
import { changeMachine } from "./touch.ts";

/** A machine is let in. By a person, with the hardware that it has: a contest about who it is ends. */
export function applyApproved(fleet: Fleet, event: EventOf<"machine-approved">): Fleet {
	return changeMachine(fleet, event, (machine) => ({
		...machine,
		approval: "approved",
		approvalReason: `approved by ${event.by}`,
		basis: event.basis ?? basisOf(event.by),
		compromised: undefined,
		...(event.basis === "person"
			? { personallyLetIn: machine.bootId, approvedHardware: hardwareOf(machine.facts), contested: undefined }
			: {}),
	}));
}

/** What an approval rests on that was recorded before that was part of it. */
function basisOf(by: string): ApprovalBasis {
	if (by === "proof") return "proof";
	if (by === "the cluster document") return "document";
	return by.startsWith("rule ") ? "facts" : "person";
}

/** Two claim to be one machine. Where that is contested, a person decides. */
export function applyConflict(fleet: Fleet, event: EventOf<"identity-conflict">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		event.contested ? { ...machine, contested: event.reason } : machine,
	);
}

/** A machine is kept out. */
export function applyRejected(fleet: Fleet, event: EventOf<"machine-rejected">): Fleet {
	return changeMachine(fleet, event, (machine) => ({
		...machine,
		approval: "rejected",
		approvalReason: `rejected by ${event.by}: ${event.reason}`,
	}));
}

/** The boot is over, and everything that waits for the machine with it. What it held is to be believed no more. */
export function applyCompromised(fleet: Fleet, event: EventOf<"machine-compromised">): Fleet {
	const changed = changeMachine(fleet, event, (machine) => ({
		...(machine.fenced.includes(event.bootId) ? machine : withFence(machine, event.bootId)),
		approval: "rejected",
		approvalReason: `in other hands, says ${event.by}: ${event.reason}`,
		basis: undefined,
		personallyLetIn: undefined,
		held: [],
		compromised: { at: event.at, seq: event.seq },
	}));
	if (changed === fleet) return fleet;
	const trust = fleet.trust?.trust;
	const keys = [...new Set([...(fleet.exposed ?? []), ...event.keys])];
	return { ...changed, exposed: trust && stillExposed(keys, trust) };
}

/** All labels of a machine. */
export function applyLabelled(fleet: Fleet, event: EventOf<"machine-labelled">): Fleet {
	return changeMachine(fleet, event, (machine) => ({ ...machine, labels: event.labels }));
}

/** The role that a person gave a machine, or none any more. */
export function applyPinned(fleet: Fleet, event: EventOf<"role-pinned">): Fleet {
	return changeMachine(fleet, event, (machine) => ({ ...machine, pinnedRole: event.role ?? undefined }));
}

/** Whether the live boot is heard. */
export function applyLease(fleet: Fleet, event: EventOf<"lease-changed">): Fleet {
	return changeMachine(fleet, event, (machine) => {
		if (machine.bootId !== event.bootId) return undefined;
		const isBack = machine.lease === "lost" && event.lease !== "lost";
		return { ...machine, lease: event.lease, leaseAt: event.at, ...(isBack ? { backAt: event.at } : {}) };
	});
}

/** How far the live boot's clock is off. */
export function applyMachineClock(fleet: Fleet, event: EventOf<"machine-clock-changed">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.bootId === event.bootId ? { ...machine, clock: { offMs: event.offMs, at: event.at } } : undefined,
	);
}

/** The link says now that the boot is the machine that it claims to be. */
export function applyObserved(fleet: Fleet, event: EventOf<"boot-observed">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.bootId === event.bootId && machine.grade === "claimed"
			? { ...machine, grade: "observed", unobserved: undefined }
			: undefined,
	);
}

/** An event that only belongs to a machine's story. */
export function applyNoted(fleet: Fleet, event: Event & EventOf<"machine-booted">): Fleet {
	return changeMachine(fleet, event, (machine) => machine);
}

/** Of a machine that is not known yet there is no story. */
export function applyStuck(fleet: Fleet, event: EventOf<"boot-stuck">): Fleet {
	const { machineId } = event;
	return machineId === undefined ? fleet : changeMachine(fleet, { ...event, machineId }, (machine) => machine);
}
