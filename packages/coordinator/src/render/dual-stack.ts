import type { Facts } from "@rollcall/protocol";
import { contains, formatAddress, formatNetwork, type Network, parseNetwork } from "./network.ts";
import type { Node } from "./node.ts";

/** Networks of the second IP version, and the node's address of it. */
export interface SecondStack {
	readonly pods: Network;
	readonly services: Network;
	readonly address: string;
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
export function networkList(node: Pick<Node, "pods" | "services" | "second">, which: "pods" | "services"): string {
	const { second } = node;
	return [node[which], ...(second ? [second[which]] : [])].map(formatNetwork).join(",");
}
