import {
	type ClusterDocument,
	contains,
	type Facts,
	formatAddress,
	isNoUplink,
	type Network,
	type NodeAddressRule,
	parseNetwork,
} from "@rollcall/protocol";
import { oncePer } from "../once-per.ts";

/** The address by which other nodes reach this one. */
export type NodeAddress =
	| { readonly ok: true; readonly address: string; readonly nic: string }
	| { readonly ok: false; readonly reason: string };

interface Candidate {
	readonly nic: string;
	readonly address: string;
	readonly value: bigint;
	readonly bits: 32 | 128;
}

/** Parsed once: every state of a fleet asks for all its addresses. */
const parsed = (ranges: readonly string[]): readonly Network[] => ranges.flatMap((range) => parseNetwork(range) ?? []);
const LINK_LOCAL = parsed(["169.254.0.0/16", "fe80::/10"]);
const EXCLUDED = [...LINK_LOCAL, ...parsed(["127.0.0.0/8", "::1/128"])];

/** The bits of the addresses that nodes have among each other: of the family of the pod network. */
export const nodeFamily = oncePer(
	(networks: ClusterDocument["networks"]): 32 | 128 => parseNetwork(networks.pods)?.bits ?? 32,
);

/**
 * Chooses the node address by the declared rule. The family of the pod network comes first, then the order of the facts. A
 * rule that fits no address is refused, with all addresses of the machine: a wrong guess would be announced to all others.
 */
export function chooseNodeAddress(facts: Facts, rule: NodeAddressRule, family: 32 | 128): NodeAddress {
	const all = candidates(facts);
	const declared = all.filter((candidate) => fits(candidate, rule, facts));
	const fitting = declared.length > 0 ? declared : unnumbered(all, rule, facts);
	const chosen = fitting.find((candidate) => candidate.bits === family) ?? fitting[0];
	if (chosen) return { ok: true, address: chosen.address, nic: chosen.nic };
	const have = all.map(({ address, nic }) => `${address} on ${nic}`).join(", ") || "none";
	return {
		ok: false,
		reason: `no address fits networks.nodeAddress (${describeRule(rule, facts)}); the machine has: ${have}`,
	};
}

/** An address of a NIC with the length of the network on its link; one that stands alone where the facts do not tell it. */
export function onLink(facts: Facts, nic: string, address: string): string {
	const own = facts.nics.find(({ name }) => name === nic)?.addresses ?? [];
	for (const text of own) {
		const network = text.includes("/") ? parseNetwork(text) : undefined;
		if (network && formatAddress(network.address, network.bits) === address) return `${address}/${network.prefix}`;
	}
	return `${address}/${address.includes(":") ? 128 : 32}`;
}

/** By the facts that they are of: each decision asks for the addresses of the same machines. */
const candidates = oncePer(candidatesOf);

function candidatesOf(facts: Facts): readonly Candidate[] {
	return facts.nics
		.filter((nic) => !isNoUplink(nic.name))
		.flatMap((nic) =>
			nic.addresses.flatMap((text): Candidate[] => {
				const network = parseNetwork(text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`);
				if (!network) return [];
				const { address: value, bits } = network;
				const excluded = facts.rehearsal ? LINK_LOCAL : EXCLUDED;
				return excluded.some((range) => contains(range, { value, bits }))
					? []
					: [{ nic: nic.name, address: formatAddress(value, bits), value, bits }];
			}),
		);
}

/** A default route over an interface without an address (as with BGP): the kernel then speaks from the machine's only other one. */
function unnumbered(all: readonly Candidate[], rule: NodeAddressRule, facts: Facts): readonly Candidate[] {
	if (!("defaultRoute" in rule) || !facts.defaultRoute) return [];
	const perVersion = ([32, 128] as const).map((bits) => all.filter((candidate) => candidate.bits === bits));
	return perVersion.flatMap((found) => (found.length === 1 ? found : []));
}

function fits(candidate: Candidate, rule: NodeAddressRule, facts: Facts): boolean {
	if ("cidr" in rule) {
		const network = parseNetwork(rule.cidr);
		return network !== undefined && contains(network, candidate);
	}
	if ("interface" in rule) return candidate.nic === rule.interface;
	return candidate.nic === facts.defaultRoute?.nic;
}

function describeRule(rule: NodeAddressRule, facts: Facts): string {
	if ("cidr" in rule) return `cidr ${rule.cidr}`;
	if ("interface" in rule) return `interface ${rule.interface}`;
	return facts.defaultRoute
		? `the default route's interface ${facts.defaultRoute.nic}`
		: "the default route, of which there is none";
}
