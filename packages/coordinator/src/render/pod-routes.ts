import type { PodRoute } from "@rollcall/protocol";
import type { Fleet, Machine } from "../domain/fleet.ts";
import { chooseNodeAddress, nodeFamily, onLink } from "../domain/networks/node-address.ts";
import { heldNetworks } from "../domain/networks/pod-networks.ts";
import { secondAddress } from "./dual-stack.ts";

/**
 * Where the pods of a machine are, for all others; undefined where it has none. A lost machine keeps its route for as long as it has its
 * seat: its kernel may forward, although its agent is silent. One that leaves alive keeps it until it is empty.
 */
export function podRouteOf({ cluster }: Fleet, machine: Machine): PodRoute | undefined {
	const { seat, leaving, facts } = machine;
	const nodeName = seat?.nodeName ?? (leaving?.keepsName ? leaving.nodeName : undefined);
	const networks = heldNetworks(machine)?.networks;
	if (!cluster || !networks || nodeName === undefined || cluster.document.kubernetes.podNetwork !== "routed")
		return undefined;
	const declared = cluster.document.networks;
	const first = nodeFamily(declared);
	const chosen = chooseNodeAddress(facts, declared.nodeAddress, first);
	if (!chosen.ok) return undefined;
	const second = declared.second && secondAddress(facts, chosen.nic, first === 32 ? 128 : 32);
	const addresses = [chosen.address, ...(second === undefined ? [] : [second])];
	return {
		nodeName,
		networks: [...networks],
		addresses: addresses.map((address) => onLink(facts, chosen.nic, address)),
	};
}
