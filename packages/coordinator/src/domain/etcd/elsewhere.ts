import type { Fleet, Machine } from "../fleet.ts";
import type { Summary } from "../observed.ts";
import { etcdRole } from "../seats/seats.ts";
import { holdsMemory } from "./members.ts";
import { memoryHolders } from "./memory-holders.ts";
import { hasLeft } from "./taken-out.ts";

/**
 * Why a machine keeps what it runs: it has the memory of a member of etcd, and the document in force has etcd on machines of another role. After a log that went
 * back, the document is an older one, and a target by it would end etcd, which has to take the member out before. Undefined where that is not so, or a person
 * accepted the loss by name.
 */
export function etcdElsewhere(fleet: Fleet, machine: Machine): Extract<Summary, { ok: false }> | undefined {
	const { recoverUntil, cluster } = fleet;
	const { seat } = machine;
	// A log that never was in recovery knows what became of etcd's members.
	if (recoverUntil === 0 || !cluster || cluster.acceptLoss === "etcd" || !seat) return undefined;
	const role = etcdRole(cluster.document);
	if (seat.role === role || !holdsMemory(machine) || hasLeft(fleet, machine)) return undefined;
	const reason =
		`the memory of a member of etcd lies here, and the document in force has etcd on machines of the role ${role}: ` +
		`what runs here goes on; apply the document again that has etcd on machines of the role ${seat.role}, ` +
		"or boot it anew, and of what etcd wrote there its snapshots are left";
	return { ok: false, reason, kind: "etcd-waits" };
}

/** True where all that may have etcd's memory have seats of this role: a document that has etcd there takes none away. */
export function isAllOn(fleet: Fleet, role: string): boolean {
	const holders = memoryHolders(fleet);
	return holders.length > 0 && holders.every(({ seat }) => seat?.role === role);
}
