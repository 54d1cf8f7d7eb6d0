import type { MachineId } from "@rollcall/protocol";
import { etcdHolders, hasLostMemory, joinerOf } from "../etcd/members.ts";
import type { Fleet } from "../fleet.ts";

/** The present boot of a machine counts as a member of etcd, in place of the machine's and the node's earlier ones; whether it votes is found out. */
export function withProvenMember(fleet: Fleet, machineId: MachineId, nodeName: string): Fleet {
	const { etcd } = fleet;
	const bootId = fleet.machines.get(machineId)?.bootId;
	if (!etcd || bootId === undefined) return fleet;
	if (etcd.members.some((one) => one.machineId === machineId && one.bootId === bootId)) return fleet;
	const member = joinerOf({ machineId, bootId }, nodeName);
	const others = etcd.members.filter(
		(one) => one.machineId !== machineId && (one.nodeName !== nodeName || one.removed),
	);
	return { ...fleet, etcd: { ...etcd, members: [...others, member] } };
}

/**
 * Whoever proved a seat while the log that is in doubt had no document, which says what role runs etcd, is a member as soon as it has one, where a
 * member's memory lies on that boot.
 */
export function withProvenMembers(fleet: Fleet): Fleet {
	if (!fleet.log?.doubt) return fleet;
	return etcdHolders(fleet)
		.filter((machine) => machine.etcdMemory?.is && !hasLostMemory(machine))
		.reduce((next, { machineId, seat }) => withProvenMember(next, machineId, seat?.nodeName ?? ""), fleet);
}
