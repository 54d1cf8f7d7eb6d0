import type { Event, MachineId, UserPublicKey } from "@rollcall/protocol";
import type { Fleet } from "../domain/fleet.ts";
import type { Bus, Credentials, Failpoint } from "../ports.ts";

export interface EffectParts {
	readonly bus: Bus;
	readonly credentials: Credentials;
	readonly failpoint: Failpoint;
	readonly onError: (what: string, error: unknown) => void;
}

/**
 * What recorded events ask of the world: notices of new targets, and the end of credentials of boots that are over. All of it
 * may be lost in a crash without harm: a beat with an old generation brings the notice again, and a fenced boot is
 * refused by what the log says.
 */
export async function runEffects(before: Fleet, events: readonly Event[], parts: EffectParts): Promise<void> {
	const revoked: UserPublicKey[] = [];
	const keyBefore = (machineId: MachineId): UserPublicKey | undefined => before.machines.get(machineId)?.publicKey;
	for (const event of events) {
		if (event.type === "target-issued") {
			parts.failpoint("notify:before");
			parts.bus.notifyTarget(event.machineId, event.generation);
			parts.failpoint("notify:after");
		}
		if (event.type === "machine-assigned" || event.type === "machine-released")
			parts.bus.notifyTarget(event.machineId, 0);
		if (event.type === "incarnation-fenced" || event.type === "machine-rejected" || event.type === "machine-removed") {
			const key = keyBefore(event.machineId);
			if (key) revoked.push(key);
		}
	}
	if (revoked.length === 0) return;
	parts.failpoint("revoke:before");
	await parts.credentials
		.revoke(revoked)
		.catch((error: unknown) => parts.onError("could not revoke credentials", error));
	parts.failpoint("revoke:after");
}
