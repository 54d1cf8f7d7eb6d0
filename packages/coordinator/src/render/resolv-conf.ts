import type { Facts, Networks } from "@rollcall/protocol";
import { contains, parseAddress, parseNetwork } from "./network.ts";

/** resolv.conf(5), MAXNS; kubelet has the same limit. */
const MAX_SERVERS = 3;
/** kubelet's limit on search domains. */
const MAX_SEARCH = 32;
const LOOPBACK = ["127.0.0.0/8", "::1/128"];

/** What the resolver of pods and nodes asks. `leftOut` are servers of the machine that are not used, with the reason. */
export interface DnsChoice {
	readonly servers: readonly string[];
	readonly search: readonly string[];
	readonly leftOut: readonly { readonly server: string; readonly reason: string }[];
}

/** The declared servers, else the first three of the machine that a pod can reach. */
export function chooseDns(networks: Networks, facts: Facts): DnsChoice {
	const servers: string[] = [];
	const leftOut: { server: string; reason: string }[] = [];
	for (const server of networks.dnsServers ?? facts.dns.servers) {
		const address = parseAddress(server);
		if (!address) leftOut.push({ server: JSON.stringify(server), reason: "not an address" });
		else if (LOOPBACK.some((range) => contains(parseNetwork(range) ?? never(), address))) {
			leftOut.push({ server, reason: "a loopback address is another one inside a pod" });
		} else if (servers.includes(server)) continue;
		else if (servers.length === MAX_SERVERS)
			leftOut.push({ server, reason: `a resolver reads at most ${MAX_SERVERS}` });
		else servers.push(server);
	}
	const search = facts.dns.search.filter((domain) => /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\.?$/.test(domain));
	return { servers, search: search.slice(0, MAX_SEARCH), leftOut };
}

/** The text of a resolv.conf(5). What was left out is named in comments. */
export function resolvConfText(choice: DnsChoice): string {
	return [
		...choice.leftOut.map(({ server, reason }) => `# left out: ${server}: ${reason}`),
		...choice.servers.map((server) => `nameserver ${server}`),
		...(choice.search.length > 0 ? [`search ${choice.search.join(" ")}`] : []),
		"",
	].join("\n");
}

function never(): never {
	throw new TypeError("a constant network is not one");
}
