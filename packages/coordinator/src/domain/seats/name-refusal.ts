import type { ClusterDocument, Problem } from "@rollcall/protocol";
import { byMachineId } from "../drafts.ts";
import { nodeNames } from "../etcd/names.ts";
import type { Fleet } from "../fleet.ts";
import { holdsEtcd, nameClaims } from "./declared-names.ts";
import { circleAdvice, circleFrom } from "./name-circles.ts";

/**
 * Why a document is not to be declared: it has members of etcd change names with each other. None of them can begin, and to remove
 * one, so that its name is free, leaves etcd without it while the other may not boot for its name. Undefined where none do.
 */
export function circleRefusal(fleet: Fleet, document: ClusterDocument): Problem | undefined {
	const claimOf = nameClaims({ ...fleet, cluster: fleet.cluster ? { ...fleet.cluster, document } : undefined });
	for (const machine of [...fleet.machines.values()].sort(byMachineId)) {
		const circle = machine.seat && circleFrom(claimOf, machine);
		if (!circle?.some(({ seat }) => seat && holdsEtcd(seat.role))) continue;
		return {
			code: "conflict",
			message: `${nodeNames(circle)} would change names with each other, and each would wait for the next`,
			path: "machines",
			next: circleAdvice(circle),
		};
	}
	return undefined;
}
