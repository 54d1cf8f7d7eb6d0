import { formatNetwork, type Network } from "@rollcall/protocol";
import type { Manifest } from "../manifest.ts";
import { CALICO_GROUP } from "./resources.ts";

/** Addresses per block: Calico's own defaults of 64. */
const BLOCK_PREFIX = { 32: 26, 128: 122 } as const;

/**
 * Where pods get their addresses from (Calico's IPPool): one per IP version, named after its network, since the network of a
 * pool must not change. VXLAN always: the lab's network then sees nothing but the nodes' own addresses, over UDP, which also
 * passes switches and virtual networks that drop what comes from addresses they do not know.
 */
export function calicoPools(networks: readonly Network[]): readonly Manifest[] {
	return networks.map((network) => {
		const cidr = formatNetwork(network);
		return {
			apiVersion: `${CALICO_GROUP}/v1`,
			kind: "IPPool",
			metadata: { name: `pods-${cidr.replaceAll(/[.:/]/g, "-")}` },
			spec: {
				allowedUses: ["Workload", "Tunnel"],
				assignmentMode: "Automatic",
				blockSize: Math.max(BLOCK_PREFIX[network.bits], network.prefix),
				cidr,
				ipipMode: "Never",
				natOutgoing: true,
				nodeSelector: "all()",
				vxlanMode: "Always",
			},
		};
	});
}
