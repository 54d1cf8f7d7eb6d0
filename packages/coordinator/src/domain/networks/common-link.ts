import { formatNetwork, parseNetwork } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import { chooseNodeAddress, nodeFamily, onLink } from "./node-address.ts";
import { NODE_ROLES } from "./pod-networks.ts";

/** With flannel's host-gw: which node is on no common link with others, whose pods it does not reach. Nothing else would say it before pods wait for each other. */
export function hostGatewayWarnings({ cluster, machines }: Fleet): string[] {
	const document = cluster?.document;
	if (document?.kubernetes.podNetwork !== "flannel" || document.kubernetes.flannelBackend !== "host-gw") return [];
	const { nodeAddress } = document.networks;
	const family = nodeFamily(document.networks);
	const links = new Map<string, string[]>();
	for (const { seat, facts } of machines.values()) {
		if (!seat || !NODE_ROLES.includes(seat.role)) continue;
		const chosen = chooseNodeAddress(facts, nodeAddress, family);
		const network = chosen.ok ? parseNetwork(onLink(facts, chosen.nic, chosen.address)) : undefined;
		if (!chosen.ok || !network) continue;
		const link = formatNetwork(network);
		links.set(link, [...(links.get(link) ?? []), `${seat.nodeName} (${chosen.address})`]);
	}
	const [most, ...others] = [...links.values()].sort((a, b) => b.length - a.length);
	const apart = others.flat();
	if (!most || apart.length === 0) return [];
	const more = apart.length > 1 ? ` and ${apart.length - 1} more` : "";
	return [
		`kubernetes.flannelBackend: host-gw leads over one link alone, and ${apart[0]}${more} is on none with ${most[0]}: their pods do not reach each other; vxlan crosses routers`,
	];
}
