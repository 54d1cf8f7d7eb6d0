import type { TargetFile, TargetPodNetwork } from "@rollcall/protocol";
import { formatNetwork } from "@rollcall/protocol";
import { onLink } from "../domain/networks/node-address.ts";
import type { Node } from "./node.ts";

/** The bridge that the CNI plugin makes for the pods of a node, by the name that everybody gives it. */
export const POD_BRIDGE = "cni0";
/** containerd takes the first file of the folder, and the operating system may have brought one. */
const CNI_CONFIG = "/etc/cni/net.d/00-rollcall.conflist";
/** Which addresses pods have is told below /run, which is RAM on every machine: no boot finds what an earlier one gave. */
const ADDRESSES = "/run/cni/networks";
/** IANA's port of VXLAN, and a network's identifier that is nobody's default. */
const VXLAN = { id: 29_292, port: 4789 } as const;

/**
 * The CNI configuration of a node (CNI specification 1.0.0, configuration lists): a bridge, addresses of the node's own share, and
 * hostPorts. No plugin of it knows of other nodes: their pods are reached by the routes that the agent keeps.
 */
export function routedFiles({ podNetworks }: Pick<Node, "podNetworks">): TargetFile[] {
	if (!podNetworks) return [];
	const bridge = {
		type: "bridge",
		bridge: POD_BRIDGE,
		isDefaultGateway: true,
		forceAddress: true,
		hairpinMode: true,
		ipam: { type: "host-local", dataDir: ADDRESSES, ranges: podNetworks.map((subnet) => [{ subnet }]) },
	};
	const portmap = { type: "portmap", capabilities: { portMappings: true } };
	const list = { name: "rollcall", cniVersion: "1.0.0", plugins: [bridge, portmap] };
	return [{ path: CNI_CONFIG, mode: "0600", encoding: "utf8", content: `${JSON.stringify(list, null, 2)}\n` }];
}

/** What the agent of the node needs for the routes between its pods and those of others. */
export function routedNetwork(node: Node): TargetPodNetwork | undefined {
	const { podNetworks, facts, nic, address, second } = node;
	if (!podNetworks) return undefined;
	return {
		own: [...podNetworks],
		pods: [node.pods, ...(second ? [second.pods] : [])].map(formatNetwork),
		addresses: [address, ...(second ? [second.address] : [])].map((one) => onLink(facts, nic, one)),
		nic,
		bridge: POD_BRIDGE,
		vxlan: VXLAN,
	};
}
