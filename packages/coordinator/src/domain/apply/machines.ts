import type { Event, EventOf } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import { changeMachine } from "./touch.ts";

export function applyApproved(fleet: Fleet, event: EventOf<"machine-approved">): Fleet {
	return changeMachine(fleet, event, (machine) => ({
		...machine,
		approval: "approved",
		approvalReason: `approved by ${event.by}`,
	}));
}

export function applyRejected(fleet: Fleet, event: EventOf<"machine-rejected">): Fleet {
	return changeMachine(fleet, event, (machine) => ({
		...machine,
		approval: "rejected",
		approvalReason: `rejected by ${event.by}: ${event.reason}`,
	}));
}

export function applyLabelled(fleet: Fleet, event: EventOf<"machine-labelled">): Fleet {
	return changeMachine(fleet, event, (machine) => ({ ...machine, labels: event.labels }));
}

export function applyPinned(fleet: Fleet, event: EventOf<"role-pinned">): Fleet {
	return changeMachine(fleet, event, (machine) => ({ ...machine, pinnedRole: event.role ?? undefined }));
}

export function applyLease(fleet: Fleet, event: EventOf<"lease-changed">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.bootId === event.bootId ? { ...machine, lease: event.lease, leaseAt: event.at } : undefined,
	);
}

/** An event that only belongs to a machine's story. */
export function applyNoted(fleet: Fleet, event: Event & EventOf<"identity-conflict" | "machine-booted">): Fleet {
	return changeMachine(fleet, event, (machine) => machine);
}

/** Of a machine that is not known yet there is no story. */
export function applyStuck(fleet: Fleet, event: EventOf<"boot-stuck">): Fleet {
	const { machineId } = event;
	return machineId === undefined ? fleet : changeMachine(fleet, { ...event, machineId }, (machine) => machine);
}
