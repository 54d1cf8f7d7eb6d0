import type { ClusterDocument, Facts, Labels, Slot, Trust } from "@rollcall/protocol";
import type { EtcdBeginning } from "../domain/etcd.ts";
import type { SecondStack } from "./dual-stack.ts";
import type { Member } from "./members.ts";
import type { Network } from "./network.ts";
import type { DnsChoice } from "./resolv-conf.ts";
import type { KubernetesVersion } from "./versions.ts";

/** Everything that the renderers of one node read: what was declared, what the machine is, and what follows from both. */
export interface Node {
	readonly document: ClusterDocument;
	readonly version: KubernetesVersion;
	readonly slot: Slot;
	readonly role: string;
	readonly nodeName: string;
	readonly machineId: string;
	readonly address: string;
	readonly facts: Facts;
	/** Labels of the machine, the operator's own. */
	readonly labels: Labels;
	readonly dns: DnsChoice;
	readonly services: Network;
	readonly pods: Network;
	/** The second IP version, where the document has one. */
	readonly second?: SecondStack | undefined;
	/** Holders of the control-plane seats, this one included. */
	readonly controlPlanes: readonly Member[];
	/** Holders of the seats that run etcd, this one included. */
	readonly etcdMembers: readonly Member[];
	/** True when etcd runs on the control-plane machines. */
	readonly stackedEtcd: boolean;
	/** How etcd begins here: with the whole cluster, or as one that joins it; and with whom. */
	readonly etcdBeginning: EtcdBeginning;
	/** Where the coordinator that leads is reached, where it is known. */
	readonly coordinatorUrl?: string | undefined;
	/** Whom it believes, and who signs for it. */
	readonly trust: Trust;
}

/** An address as the host part of a URL. */
export function urlHost(address: string): string {
	return address.includes(":") ? `[${address}]` : address;
}
