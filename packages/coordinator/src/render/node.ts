import type { ClusterDocument, Facts, Labels, Slot, Trust } from "@rollcall/protocol";
import type { EtcdBeginning } from "../domain/etcd/beginning.ts";
import type { Member } from "../domain/networks/members.ts";
import type { NodeNetworks } from "./dual-stack.ts";
import type { DnsChoice } from "./resolv-conf.ts";
import type { KubernetesVersion } from "./versions.ts";

/** Everything that the renderers of one node read: what was declared, what the machine is, and what follows from both. */
export interface Node extends NodeNetworks {
	readonly document: ClusterDocument;
	readonly version: KubernetesVersion;
	readonly slot: Slot;
	readonly role: string;
	readonly nodeName: string;
	readonly machineId: string;
	readonly address: string;
	/** The interface that has it. */
	readonly nic: string;
	/** Its share of the pod network, where the coordinator deals that out. */
	readonly podNetworks?: readonly string[] | undefined;
	readonly facts: Facts;
	/** Labels of the machine, the operator's own. */
	readonly labels: Labels;
	readonly dns: DnsChoice;
	/** Holders of the control-plane seats, this one included. */
	readonly controlPlanes: readonly Member[];
	/** Holders of the seats that run etcd, this one included. */
	readonly etcdMembers: readonly Member[];
	/** True when etcd runs on the control-plane machines. */
	readonly stackedEtcd: boolean;
	/** How etcd begins here: with the whole cluster, or as one that joins it; and with whom. */
	readonly etcdBeginning: EtcdBeginning;
	/** Where the coordinator that leads is reached, while machines fetch a snapshot of etcd from it. */
	readonly snapshotSource?: string | undefined;
	/** Whom it believes, and who signs for it. */
	readonly trust: Trust;
}

/** An address as the host part of a URL. */
export function urlHost(address: string): string {
	return address.includes(":") ? `[${address}]` : address;
}
