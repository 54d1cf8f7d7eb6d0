import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { BASE, testRefusals } from "./refusal.ts";

const AT = "kubernetes.extraArguments.controllerManager";
const IPV4 = { pods: "10.244.0.0/16", services: "10.96.0.0/16" };
const IPV6 = { pods: "fd00:1::/48", services: "fd00:2::/108" };

/** The base document with these masks and networks, for `count` machines. */
function document(masks: Record<string, string>, networks: object = IPV4, count = 6): string {
	const kubernetes = { version: "1.36", extraArguments: { controllerManager: masks } };
	return JSON.stringify(
		{
			apiVersion: "rollcall/v1",
			kind: "Cluster",
			name: "lab",
			kubernetes,
			networks,
			slots: [{ name: "w", role: "worker", count }],
			volumes: {},
		},
		null,
		1,
	);
}

testRefusals([
	[
		"one mask for two IP versions",
		document({ "node-cidr-mask-size": "24" }, { ...IPV4, second: IPV6 }),
		`${AT}.node-cidr-mask-size`,
		/two IP versions/,
		/-ipv4 and node-cidr-mask-size-ipv6/,
	],
	[
		"a mask that is too long",
		document({ "node-cidr-mask-size": "33" }),
		`${AT}.node-cidr-mask-size`,
		/is no length/,
		/between 16 and 29/,
	],
	[
		"a mask that Kubernetes takes for octal",
		document({ "node-cidr-mask-size": "024" }),
		`${AT}.node-cidr-mask-size`,
		/is no length/,
		/between/,
	],
	[
		"a mask that is a word",
		document({ "node-cidr-mask-size": "/24" }),
		`${AT}.node-cidr-mask-size`,
		/is no length/,
		/between/,
	],
	[
		"a mask that leaves one address",
		document({ "node-cidr-mask-size": "32" }),
		`${AT}.node-cidr-mask-size`,
		/8 addresses at least/,
		/between/,
	],
	[
		"a mask that is wider than the pod network",
		document({ "node-cidr-mask-size": "15" }),
		`${AT}.node-cidr-mask-size`,
		/does not fit into the pod network 10\.244/,
		/between 16/,
	],
	[
		"a mask with which the network has room for one node",
		document({ "node-cidr-mask-size": "16" }),
		"networks.pods",
		/room for 1 nodes \(a \/16 each\), 6 are declared/,
		/larger/,
	],
	[
		"masks of both kinds",
		document({ "node-cidr-mask-size": "24", "node-cidr-mask-size-ipv4": "24" }),
		`${AT}.node-cidr-mask-size-ipv4`,
		/beside node-cidr-mask-size/,
		/leave one out/,
	],
	[
		"an IPv6 mask without IPv6",
		document({ "node-cidr-mask-size-ipv6": "64" }),
		`${AT}.node-cidr-mask-size-ipv6`,
		/no pod network has/,
		/use node-cidr-mask-size-ipv4/,
	],
	[
		"an IPv4 mask with IPv6 alone",
		document({ "node-cidr-mask-size-ipv4": "24" }, IPV6),
		`${AT}.node-cidr-mask-size-ipv4`,
		/no pod network has/,
		/use node-cidr-mask-size-ipv6/,
	],
	[
		"an IPv6 mask that cuts too many shares",
		document({ "node-cidr-mask-size-ipv6": "80" }, { ...IPV4, second: IPV6 }),
		"networks.second.pods",
		/at most 2\^16 shares of a \/80/,
		/\/64/,
	],
]);

for (const [title, text] of [
	[
		"a smaller mask makes room for more nodes",
		document({ "node-cidr-mask-size": "25" }, { ...IPV4, pods: "10.244.0.0/22" }),
	],
	["an IPv4 mask for IPv4 alone", document({ "node-cidr-mask-size-ipv4": "24" })],
	[
		"a mask for each of two IP versions",
		document({ "node-cidr-mask-size-ipv4": "25", "node-cidr-mask-size-ipv6": "64" }, { ...IPV4, second: IPV6 }),
	],
	["a mask for IPv6 alone", document({ "node-cidr-mask-size": "60" }, IPV6)],
] as const) {
	test(`accepted: ${title}`, (t) => {
		const parsed = parseDocument(text);
		t.true(parsed.ok, JSON.stringify(parsed));
		t.deepEqual(parsed.ok && parsed.warnings.filter((one) => one.includes("mask")), []);
	});
}

test("a share with fewer addresses than a kubelet takes pods is accepted with a warning", (t) => {
	const parsed = parseDocument(document({ "node-cidr-mask-size": "26" }, { ...IPV4, pods: "10.244.0.0/22" }));
	t.regex(
		parsed.ok ? parsed.warnings.join() : parsed.problem.message,
		/a \/26 has addresses for 61 pods; a kubelet takes up to 110/,
	);
	t.true(parseDocument(BASE).ok);
});
