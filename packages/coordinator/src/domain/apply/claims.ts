import type { MachineId } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";

type Claimant = Pick<Machine, "bootId" | "evidence">;

/** The keys of `Fleet.claims` under which a machine is found. */
export function claimKeys({ bootId, evidence: { uuid, macs } }: Claimant): string[] {
	return [`boot:${bootId}`, ...(uuid ? [`uuid:${uuid}`] : []), ...macs.map((mac) => `mac:${mac}`)];
}

/** Moves a machine's claims from what it enrolled with before to what it enrolled with now; undefined stands for nothing. */
export function moveClaims(
	claims: Fleet["claims"],
	machineId: MachineId,
	claimant: { readonly before: Claimant | undefined; readonly after: Claimant | undefined },
): Fleet["claims"] {
	const before = new Set(claimant.before ? claimKeys(claimant.before) : []);
	const after = new Set(claimant.after ? claimKeys(claimant.after) : []);
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
