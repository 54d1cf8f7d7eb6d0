import type { EventOf } from "@rollcall/protocol";
import type { EtcdMember } from "../etcd.ts";
import type { Fleet } from "../fleet.ts";

export function applyEtcdFounded(fleet: Fleet, event: EventOf<"etcd-founded">): Fleet {
	const members = event.members.map(
		(one): EtcdMember => ({ ...one, begun: "new", votes: true, cluster: event.cluster }),
	);
	return { ...fleet, etcd: { members, seq: event.seq } };
}

/** The new one takes the place of the machine's and the node's earlier ones. */
export function applyEtcdAdded(fleet: Fleet, event: EventOf<"etcd-member-added">): Fleet {
	if (!fleet.etcd) return fleet;
	const { machineId, bootId, nodeName, cluster } = event;
	const others = fleet.etcd.members.filter((one) => one.machineId !== machineId && one.nodeName !== nodeName);
	const members: EtcdMember[] = [...others, { machineId, bootId, nodeName, begun: "existing", votes: false, cluster }];
	return { ...fleet, etcd: { members, seq: event.seq } };
}

export function applyEtcdPromoted(fleet: Fleet, event: EventOf<"etcd-member-promoted">): Fleet {
	if (!fleet.etcd) return fleet;
	const members = fleet.etcd.members.map((one) =>
		one.machineId === event.machineId && one.bootId === event.bootId ? { ...one, votes: true } : one,
	);
	// How it begins does not change by this, and nothing is rendered anew.
	return { ...fleet, etcd: { ...fleet.etcd, members } };
}
