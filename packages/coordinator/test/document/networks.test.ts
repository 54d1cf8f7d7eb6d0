import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { BASE, changed, testRefusals } from "./refusal.ts";

testRefusals([
	...(
		[
			["127.0.0.1", /loopback/],
			["0.0.0.0", /means any address/],
			["localhost", /the machine itself/],
			["fe80::1", /is not one computer's own/],
			["ntp.example iburst", /a DNS name or an address/],
		] as const
	).map(
		([server, message]) =>
			[
				`${server} as a time server`,
				`${BASE}time: { servers: ["${server}"] }\n`,
				"time.servers[0]",
				message,
				/^$|all machines reach/,
			] as const,
	),
	...(
		[
			["127.0.0.0/8", /loopback/],
			["169.254.0.0/16", /link-local/],
			["224.0.0.0/8", /multicast/],
		] as const
	).map(
		([pods, use]) =>
			[`pods in ${pods}`, changed("10.254.0.0/16", pods), "networks.pods", use, /10\.254\.0\.0\/16/] as const,
	),
	...["fe80::1", "224.0.0.251", "255.255.255.255"].map(
		(server) =>
			[
				`${server} as a DNS server`,
				changed("networks:\n", `networks:\n  dnsServers: ["${server}"]\n`),
				"networks.dnsServers[0]",
				/is not one computer's own/,
				/all machines reach/,
			] as const,
	),
	[
		"node addresses of another IP version than pods",
		changed("cidr: 192.168.1.0/24", 'cidr: "fd00:9::/64"'),
		"networks.nodeAddress.cidr",
		/which is IPv4/,
		/of that version/,
	],
	[
		"an interface with a name that no interface can have",
		changed("cidr: 192.168.1.0/24", "interface: enp0s31f6-and-more"),
		"networks.nodeAddress.interface",
		/at most 15 characters/,
		/ip link/,
	],
	[
		"two rules for the node address",
		changed("cidr: 192.168.1.0/24", "interface: eth0\n    defaultRoute: true"),
		"networks.nodeAddress",
		/interface and defaultRoute do not stand beside each other/,
		/all but one/,
	],
	[
		"a DNS domain with a part that is too long",
		changed("networks:\n", `networks:\n  dnsDomain: ${"x".repeat(64)}.local\n`),
		"networks.dnsDomain",
		/not a DNS domain/,
		/cluster\.local/,
	],
	[
		"an endpoint that means any address (loadbalancer_apiserver.address: 0.0.0.0)",
		`${BASE}controlPlane: { endpoint: 0.0.0.0 }\n`,
		"controlPlane.endpoint",
		/nobody can connect to it/,
		/each node then balances by itself/,
	],
	[
		"an IPv6 endpoint that means any address",
		`${BASE}controlPlane: { endpoint: "::" }\n`,
		"controlPlane.endpoint",
		/nobody can connect/,
		/address of a control-plane machine/,
	],
	[
		"an endpoint on the loopback",
		`${BASE}controlPlane: { endpoint: 127.0.0.1 }\n`,
		"controlPlane.endpoint",
		/would reach itself/,
		/all machines reach/,
	],
	[
		"an endpoint inside the pod network",
		`${BASE}controlPlane: { endpoint: 10.254.3.3 }\n`,
		"controlPlane.endpoint",
		/lies inside networks\.pods 10\.254\.0\.0\/16/,
		/another networks\.pods/,
	],
	[
		"an endpoint that is a broken address",
		`${BASE}controlPlane: { endpoint: 192.168.1.999 }\n`,
		"controlPlane.endpoint",
		/neither a name nor an address/,
		/api\.lab\.example/,
	],
	[
		"a certificate name of any address",
		`${BASE}controlPlane: { certificateNames: [a.example, 0.0.0.0] }\n`,
		"controlPlane.certificateNames[1]",
		/nobody can connect/,
		/./,
	],
	[
		"more than three DNS servers",
		changed("networks:\n", "networks:\n  dnsServers: [192.168.1.1, 192.168.1.2, 192.168.1.3, 192.168.1.4]\n"),
		"networks.dnsServers",
		/at most 3 DNS servers/,
		/^$/,
	],
	[
		"a DNS server that is a name",
		changed("networks:\n", "networks:\n  dnsServers: [dns.example]\n"),
		"networks.dnsServers[0]",
		/is not an address/,
		/192\.0\.2\.53/,
	],
	[
		"a DNS server on the loopback",
		changed("networks:\n", "networks:\n  dnsServers: [127.0.0.53]\n"),
		"networks.dnsServers[0]",
		/loopback/,
		/all machines reach/,
	],
	[
		"pods and services that overlap",
		changed("10.253.0.0/16", "10.254.128.0/17"),
		"networks.services",
		/overlaps networks\.pods/,
		/no address in common/,
	],
	[
		"nodes inside the pod network",
		changed("192.168.1.0/24", "10.254.7.0/24"),
		"networks.nodeAddress.cidr",
		/overlaps networks\.pods/,
		/no address in common/,
	],
	[
		"a network with bits of a host",
		changed("10.254.0.0/16", "10.254.1.0/16"),
		"networks.pods",
		/an address inside a network/,
		/did you mean 10\.254\.0\.0\/16\?/,
	],
	[
		"a network with a length that is too long",
		changed("10.254.0.0/16", "10.254.0.0/33"),
		"networks.pods",
		/is not a network/,
		/10\.254\.0\.0\/16/,
	],
	[
		"a pod network that is too small for the machines",
		changed("10.254.0.0/16", "10.254.0.0/23"),
		"networks.pods",
		/room for 2 nodes \(a \/24 each\), 3 are declared/,
		/10\.254\.0\.0\/16/,
	],
	[
		"a service network that is too small",
		changed("10.253.0.0/16", "10.253.0.0/29"),
		"networks.services",
		/2\^3 addresses/,
		/between \/12 and \/28/,
	],
	[
		"pods and services of different IP versions",
		changed("10.253.0.0/16", "fd00:20::/112"),
		"networks.services",
		/different IP versions/,
		/same/,
	],
	[
		"a pod network that is too large",
		changed("10.254.0.0/16", "10.0.0.0/7").replace("10.253.0.0/16", "172.16.0.0/16"),
		"networks.pods",
		/too large/,
		/a \/8 or smaller/,
	],
	[
		"a port of the API that every node uses for something else",
		`${BASE}controlPlane: { port: 10250 }\n`,
		"controlPlane.port",
		/taken on every node \(kubelet\)/,
		/6443/,
	],
	[
		"a mirror inside the service network",
		`${BASE}images: { mirrors: [{ registry: docker.io, endpoints: ["http://10.253.0.7:5000"] }] }\n`,
		"images.mirrors[0].endpoints[0]",
		/lies inside networks\.services/,
		/another networks\.services/,
	],
	[
		"a second stack of the same IP version",
		changed("networks:\n", "networks:\n  second: { pods: 10.100.0.0/16, services: 10.101.0.0/16 }\n"),
		"networks.second.pods",
		/both IPv4/,
		/other IP version/,
	],
	[
		"a second pod network that is too small",
		changed("networks:\n", 'networks:\n  second: { pods: "fd00:10::/64", services: "fd00:20::/112" }\n'),
		"networks.second.pods",
		/has room for 1 nodes \(a \/64 each\)/,
		/\/48/,
	],
	[
		"a second service network that is too large",
		changed("networks:\n", 'networks:\n  second: { pods: "fd00:10::/56", services: "fd00:20::/64" }\n'),
		"networks.second.services",
		/between 2\^4 and 2\^20/,
		/\/108/,
	],
	[
		"a second service network inside the second pod network",
		changed("networks:\n", 'networks:\n  second: { pods: "fd00:10::/56", services: "fd00:10::/112" }\n'),
		"networks.second.services",
		/overlaps networks\.second\.pods/,
		/no address in common/,
	],
	[
		"a DNS domain that is none",
		changed("networks:\n", "networks:\n  dnsDomain: Cluster_Local\n"),
		"networks.dnsDomain",
		/not a DNS domain/,
		/cluster\.local/,
	],
	[
		"a mirror that is a file",
		`${BASE}images: { mirrors: [{ registry: docker.io, endpoints: ["file:///etc/passwd"] }] }\n`,
		"images.mirrors[0].endpoints[0]",
		/is no address \(URL\), got "file:/,
		/^$/,
	],
]);

test("an endpoint that is each machine itself is warned of: only a proxy of the operator's own makes it one", (t) => {
	const parsed = parseDocument(`${BASE}controlPlane: { endpoint: localhost }\n`);
	t.true(parsed.ok && parsed.warnings.some((one) => one.includes("localhost is each machine itself")));
});
