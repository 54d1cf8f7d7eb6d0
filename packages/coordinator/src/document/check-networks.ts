import {
	type ClusterDocument,
	contains,
	formatNetwork,
	type Network,
	overlaps,
	parseAddress,
	parseNetwork,
} from "@rollcall/protocol";
import { nodeMask } from "../domain/networks/node-mask.ts";
import type { Check, DocumentPath, Finding } from "./finding.ts";
import { otherUse } from "./other-use.ts";

/** Networks are networks, apart from each other and from every declared address, and large enough for what is declared. */
export const checkNetworks: Check = (document) => {
	const { networks } = document;
	const pods = readNetwork(["networks", "pods"], networks.pods);
	const services = readNetwork(["networks", "services"], networks.services);
	const { second } = networks;
	const secondPods = second && readNetwork(["networks", "second", "pods"], second.pods);
	const secondServices = second && readNetwork(["networks", "second", "services"], second.services);
	const rule = networks.nodeAddress;
	const nodes = "cidr" in rule ? readNetwork(["networks", "nodeAddress", "cidr"], rule.cidr) : undefined;
	const findings = [pods, services, secondPods, secondServices, nodes].flatMap((read) => read?.findings ?? []);
	const named = [
		["networks.pods", pods, ["networks", "pods"]],
		["networks.services", services, ["networks", "services"]],
		["networks.second.pods", secondPods, ["networks", "second", "pods"]],
		["networks.second.services", secondServices, ["networks", "second", "services"]],
		["networks.nodeAddress.cidr", nodes, ["networks", "nodeAddress", "cidr"]],
	] as const;
	for (const [index, [name, a, path]] of named.entries()) {
		for (const [otherName, b] of named.slice(0, index)) {
			if (a?.network && b?.network && overlaps(a.network, b.network)) {
				findings.push({
					path,
					message: `${name} overlaps ${otherName}`,
					suggestion: "choose networks that have no address in common",
				});
			}
		}
	}
	findings.push(
		...checkAddresses(document, pods.network, services.network),
		...checkSizes(document, { at: ["networks"], pods: pods.network, services: services.network }),
		...checkSizes(document, {
			at: ["networks", "second"],
			pods: secondPods?.network,
			services: secondServices?.network,
		}),
		...checkVersions(pods.network, secondPods?.network),
		...checkNodeAddress(rule, pods.network, nodes?.network),
	);
	if (
		!/^(?!.*[a-z0-9-]{64})[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/.test(
			networks.dnsDomain,
		)
	) {
		findings.push({ path: ["networks", "dnsDomain"], message: "not a DNS domain", suggestion: "cluster.local" });
	}
	const { endpoint = "" } = document.controlPlane;
	if (!LOCALHOST.test(endpoint)) return { findings };
	const message = `${endpoint} is each machine itself: it finds the API there only where a proxy of yours listens`;
	return { findings, warnings: [{ path: ["controlPlane", "endpoint"], message }] };
};

const LOCALHOST = /^localhost(?:\.localdomain)?\.?$/i;

function readNetwork(path: DocumentPath, text: string): { network?: Network; findings: Finding[] } {
	const network = parseNetwork(text);
	if (!network) {
		return {
			findings: [
				{ path, message: `${text} is not a network`, suggestion: "an address and a length, like 10.254.0.0/16" },
			],
		};
	}
	if (network.base !== network.address) {
		const message = `${text} is an address inside a network`;
		return { network, findings: [{ path, message, suggestion: `did you mean ${formatNetwork(network)}?` }] };
	}
	// All addresses of a version are told by what they overlap; machines of a rehearsal have loopback addresses.
	const use = network.prefix === 0 || path.includes("nodeAddress") ? undefined : otherUse(network);
	if (use === undefined) return { network, findings: [] };
	const message = `${text} holds ${use}, which no pod or service can have`;
	return { network, findings: [{ path, message, suggestion: "a network like 10.254.0.0/16 or fd00:10::/48" }] };
}

/** Addresses that stand for "any" or "myself" mean nothing to another machine; those inside an overlay lead nowhere. */
function checkAddresses(document: ClusterDocument, pods?: Network, services?: Network): Finding[] {
	const { controlPlane, networks } = document;
	const declared: (readonly [DocumentPath, string])[] = [
		...(controlPlane.endpoint === undefined ? [] : [[["controlPlane", "endpoint"], controlPlane.endpoint] as const]),
		...controlPlane.certificateNames.map((name, index) => [["controlPlane", "certificateNames", index], name] as const),
		...document.images.mirrors.flatMap(({ endpoints }, mirror) =>
			endpoints.map((url, index) => [["images", "mirrors", mirror, "endpoints", index], hostOf(url)] as const),
		),
		...(document.volumes?.nfs ? [[["volumes", "nfs", "server"], document.volumes.nfs.server] as const] : []),
		...(document.time?.servers ?? []).map((server, index) => [["time", "servers", index], server] as const),
		...(networks.dnsServers ?? []).map((server, index) => [["networks", "dnsServers", index], server] as const),
	];
	return declared.flatMap(([path, text]): Finding[] => {
		const address = parseAddress(text);
		const isDns = path[1] === "dnsServers";
		if (!address) {
			if (isDns) return [{ path, message: `${text} is not an address`, suggestion: "an address, like 192.0.2.53" }];
			if (!isHostName(text))
				return [
					{ path, message: `${text} is neither a name nor an address`, suggestion: "a name, like api.lab.example" },
				];
			if (LOCALHOST.test(text) && path[0] === "time")
				return [
					{
						path,
						message: `${text} is the machine itself`,
						suggestion: "a name or an address that all machines reach",
					},
				];
			return [];
		}
		if (address.value === 0n) {
			return [
				{
					path,
					message: `${text} means any address; nobody can connect to it`,
					suggestion:
						{
							controlPlane:
								"the address of a control-plane machine, a name that leads to them all, or nothing: each node then balances by itself",
							volumes: "the file server's address, as nodes reach it",
						}[String(path[0])] ?? "an address that all machines reach",
				},
			];
		}
		if (isLoopback(address) && isElsewhere(path)) {
			return [
				{
					path,
					message: `${text} is a loopback address: every machine would reach itself`,
					suggestion: "an address that all machines reach",
				},
			];
		}
		const use = otherUse({ ...address, prefix: address.bits, base: address.value, address: address.value });
		// Link-local ones of IPv4 need no interface beside them, and some sites have their resolver there.
		const isReached =
			use === undefined || isLoopback(address) || (address.bits === 32 && use === "link-local addresses");
		if (!isReached && path[1] !== "certificateNames") {
			const message = `${text} is not one computer's own (${use})`;
			return [{ path, message, suggestion: "an address that all machines reach" }];
		}
		for (const [name, network] of [
			["networks.pods", pods],
			["networks.services", services],
		] as const) {
			if (network && contains(network, address) && path[1] !== "certificateNames") {
				return [
					{
						path,
						message: `${text} lies inside ${name} ${formatNetwork(network)}`,
						suggestion: `choose another ${name}`,
					},
				];
			}
		}
		return [];
	});
}

/** True for the address of another computer; a mirror may be on the machine, and a certificate for its own names. */
function isElsewhere(path: DocumentPath): boolean {
	return path[1] !== "certificateNames" && path[0] !== "images";
}

function hostOf(url: string): string {
	const { hostname } = new URL(url);
	return hostname.replace(/^\[(.*)\]$/, "$1");
}

function isLoopback(address: { value: bigint; bits: 32 | 128 }): boolean {
	return address.bits === 32 ? address.value >> 24n === 127n : address.value === 1n;
}

function isHostName(text: string): boolean {
	// Digits and dots only would be an address with a mistake in it.
	if (/^[0-9.]+$/.test(text)) return false;
	return /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$/.test(text);
}

/** A rule for the node address that some machine can fulfil. */
function checkNodeAddress(
	rule: ClusterDocument["networks"]["nodeAddress"],
	pods?: Network,
	nodes?: Network,
): Finding[] {
	if ("interface" in rule && !/^(?!\.{1,2}$)[!-~]{1,15}$/.test(rule.interface.replace(/[/:]/, " "))) {
		const path = ["networks", "nodeAddress", "interface"];
		const message = `${JSON.stringify(rule.interface)} is no name of an interface, which has at most 15 characters`;
		return [{ path, message, suggestion: "a name as `ip link` shows it, like enp1s0" }];
	}
	if (!pods || !nodes || pods.bits === nodes.bits) return [];
	const message = `node addresses are of the IP version of networks.pods, which is IPv${pods.bits === 32 ? 4 : 6}`;
	return [{ path: ["networks", "nodeAddress", "cidr"], message, suggestion: "a network of that version" }];
}

/** Finds dual-stack networks of which both are of one IP version. */
function checkVersions(first?: Network, second?: Network): Finding[] {
	if (!first || !second || first.bits !== second.bits) return [];
	const message = `networks.pods and networks.second.pods are both IPv${first.bits === 32 ? 4 : 6}`;
	return [{ path: ["networks", "second", "pods"], message, suggestion: "a network of the other IP version" }];
}

/** The networks of one IP version, and where they stand in the document. */
interface Pair {
	readonly at: DocumentPath;
	readonly pods: Network | undefined;
	readonly services: Network | undefined;
}

/** Each node gets a share of the pod network (a /24 or /64, if nothing else is declared); services need room for the tenth address, the cluster's DNS. */
function checkSizes(document: ClusterDocument, { at, pods, services }: Pair): Finding[] {
	const findings: Finding[] = [];
	if (pods && services && pods.bits !== services.bits) {
		findings.push({
			path: [...at, "services"],
			message: "pods and services are of different IP versions",
			suggestion: "give both the same one",
		});
	}
	if (pods) {
		const share = nodeMask(document, pods.bits);
		const nodes = pods.prefix > share ? 0 : 2 ** (share - pods.prefix);
		const declared = document.slots.reduce((sum, { count }) => sum + (count === "rest" ? 1 : count), 0);
		if (share - pods.prefix > 16) {
			findings.push({
				path: [...at, "pods"],
				message: `${formatNetwork(pods)} is too large: Kubernetes cuts at most 2^16 shares of a /${share} out of it`,
				suggestion: `a /${share - 16} or smaller`,
			});
		} else if (nodes < Math.max(1, declared)) {
			findings.push({
				path: [...at, "pods"],
				message: `${formatNetwork(pods)} has room for ${nodes} nodes (a /${share} each), ${declared} are declared`,
				suggestion: pods.bits === 32 ? "a larger network, like 10.254.0.0/16" : "a larger network, with a /48",
			});
		}
	}
	if (services) {
		const size = services.bits - services.prefix;
		if (size < 4 || size > 20) {
			findings.push({
				path: [...at, "services"],
				message: `${formatNetwork(services)} has 2^${size} addresses; between 2^4 and 2^20 can be used`,
				suggestion: services.bits === 32 ? "a network between /12 and /28" : "a network between /108 and /124",
			});
		}
	}
	return findings;
}
