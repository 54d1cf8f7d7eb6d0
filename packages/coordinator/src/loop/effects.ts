import type { Event, MachineId, UserPublicKey } from "@rollcall/protocol";
import type { Fleet } from "../domain/fleet.ts";
import type { Bus } from "../ports/bus.ts";
import type { Credentials } from "../ports/credentials.ts";
import type { Failpoint } from "../ports/failpoint.ts";

/** What effects need of the world. */
export interface EffectParts {
	readonly bus: Bus;
	readonly credentials: Credentials;
	readonly failpoint: Failpoint;
	readonly onError: (what: string, error: unknown) => void;
}

/** How many of the newest fenced boots are looked at again. */
const MAX_REVOKED_AGAIN = 1_000;

/**
 * What recorded events ask of the world: notices of new targets, and the end of credentials of boots that are over. All of it
 * may be lost in a crash without harm: a beat with an old generation brings the notice again, a fenced boot is refused by
 * what the log says, and whoever leads next ends its credentials again (`revokeFenced`).
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
		// Whoever runs what is not valid is asked to say hello, and told in the answer.
		const told = event.type === "certificate-validity-changed" && event.validity !== "valid";
		if (told || event.type === "machine-assigned" || event.type === "machine-released")
			parts.bus.notifyTarget(event.machineId, 0);
		const ended = endedKey(event);
		if (ended) revoked.push(ended);
		if (event.type === "machine-rejected" || event.type === "machine-removed") {
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

/**
 * Ends the credentials of boots that are over once more, when a coordinator begins to lead: the one before may have died
 * between recording the end of a boot and ending its credentials. A boot that is over stays over, so this is always right.
 */
export async function revokeFenced(
	events: readonly Event[],
	parts: Pick<EffectParts, "credentials" | "onError">,
): Promise<void> {
	const keys = events.flatMap((event) => endedKey(event) ?? []);
	if (keys.length === 0) return;
	await parts.credentials
		.revoke(keys.slice(-MAX_REVOKED_AGAIN))
		.catch((error: unknown) => parts.onError("could not revoke credentials", error));
}

/** The key of a boot that an event ends. */
function endedKey(event: Event): UserPublicKey | undefined {
	return event.type === "incarnation-fenced" || event.type === "machine-compromised" ? event.publicKey : undefined;
}
