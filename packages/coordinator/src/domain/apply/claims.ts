import type { Facts, MachineId } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import { evidenceOf } from "../identity/evidence.ts";

/** The keys of `Fleet.claims` under which a machine with these facts is found. */
export function claimKeys(facts: Facts): string[] {
	const { uuid, macs } = evidenceOf(facts);
	return [`boot:${facts.bootId}`, ...(uuid ? [`uuid:${uuid}`] : []), ...macs.map((mac) => `mac:${mac}`)];
}

/** Moves a machine's claims from what it reported before to what it reports now; undefined stands for nothing. */
export function moveClaims(
	claims: Fleet["claims"],
	machineId: MachineId,
	facts: { readonly before: Facts | undefined; readonly after: Facts | undefined },
): Fleet["claims"] {
	const before = new Set(facts.before ? claimKeys(facts.before) : []);
	const after = new Set(facts.after ? claimKeys(facts.after) : []);
	return claims.withMutations((next) => {
		for (const key of before) {
			if (after.has(key)) continue;
			const rest = (next.get(key) ?? []).filter((claimant) => claimant !== machineId);
			if (rest.length > 0) next.set(key, rest);
			else next.delete(key);
		}
		for (const key of after) {
			const known = next.get(key) ?? [];
			if (!known.includes(machineId)) next.set(key, [...known, machineId].sort());
		}
	});
}
