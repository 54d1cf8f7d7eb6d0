import { contains, type Facts, formatAddress, formatNetwork, type Network, parseNetwork } from "@rollcall/protocol";

/** Networks of the second IP version, and the node's address of it. */
export interface SecondStack {
	readonly pods: Network;
	readonly services: Network;
	readonly address: string;
}

/** The cluster's networks as a node has them: of one IP version, or of both. */
export interface NodeNetworks {
	readonly services: Network;
	readonly pods: Network;
	/** The second IP version, where the document has one. */
	readonly second?: SecondStack | undefined;
}

const LINK_LOCAL = parseNetwork("fe80::/10");

/**
 * A machine's address of an IP version on a NIC, for the second stack: the first one that is not link-local. It is on the NIC
 * of the node address, so that both lead the same way.
 */
export function secondAddress(facts: Facts, nic: string, bits: 32 | 128): string | undefined {
	const addresses = facts.nics.find(({ name }) => name === nic)?.addresses ?? [];
	for (const text of addresses) {
		const network = parseNetwork(text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`);
		if (network?.bits !== bits) continue;
		const own = { value: network.address, bits };
		if (!LINK_LOCAL || !contains(LINK_LOCAL, own)) return formatAddress(network.address, bits);
	}
	return undefined;
}

/** Networks as Kubernetes' arguments take them: one, or one of each IP version. */
export function networkList(node: NodeNetworks, which: "pods" | "services"): string {
	const { second } = node;
	return [node[which], ...(second ? [second[which]] : [])].map(formatNetwork).join(",");
}
