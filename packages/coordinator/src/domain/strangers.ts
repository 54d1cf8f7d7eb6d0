import type { EventDraft, MachineId, Problem, Timestamp } from "@rollcall/protocol";
import type { Look, MachineDraft } from "./drafts.ts";
import { COORDINATOR, type Fleet, MAX_WAITING, type Machine } from "./fleet.ts";

/** A machine that nobody approved is forgotten when it was lost for so long, in milliseconds; when it boots again it is asked about again. */
const FORGET_AFTER_MS = 10 * 60_000;

/** Forgets machines that nobody approved and that are gone: whoever makes up machines must not fill the fleet with them. */
export function strangerEnd(at: Timestamp): Look {
	return (machine) =>
		isGone(machine) && at - machine.leaseAt >= FORGET_AFTER_MS ? forgotten(machine.machineId) : undefined;
}

/** Room for one more machine that nobody knows: what gives way to it, or why there is none. */
export function roomForStranger(
	fleet: Fleet,
): { readonly ok: true; readonly events: readonly EventDraft[] } | { readonly ok: false; readonly problem: Problem } {
	if (fleet.waiting < MAX_WAITING) return { ok: true, events: [] };
	let oldest: Machine | undefined;
	for (const machine of fleet.machines.values())
		if (isGone(machine) && (!oldest || machine.leaseAt < oldest.leaseAt)) oldest = machine;
	if (oldest) return { ok: true, events: [forgotten(oldest.machineId)] };
	return {
		ok: false,
		problem: {
			code: "too-many-requests",
			message: `${fleet.waiting} machines wait for approval, and no more are taken`,
			next: "rollcall machines --phase waiting shows them; approve, reject or remove some",
		},
	};
}

function isGone({ approval, lease, seat, generation }: Machine): boolean {
	return approval === "waiting" && lease === "lost" && !seat && generation === 0;
}

function forgotten(machineId: MachineId): MachineDraft {
	return { type: "machine-removed", machineId, by: COORDINATOR };
}
