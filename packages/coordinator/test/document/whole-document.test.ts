import { readFileSync } from "node:fs";
import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";

const BASE = readFileSync(new URL("../../../../deploy/examples/three-nodes.yaml", import.meta.url), "utf8");

/** Replaces in the base document; fails when there was nothing to replace. */
function changed(from: string, to: string): string {
	if (!BASE.includes(from)) throw new Error(`the base document has no ${from}`);
	return BASE.replace(from, to);
}

/** One refusal: the changed document, the path that must be named, the message, and a part of the suggestion. */
const REFUSALS: readonly (readonly [title: string, text: string, path: string, message: RegExp, suggestion: RegExp])[] =
	[
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
			"a role whose files do not fit a message",
			`${BASE}roles: { a: { files: [{ path: /opt/rollcall/a, mode: "0644", content: "${"\\x01".repeat(120_000)}" }] } }\n`,
			"roles.a.files",
			/720\d{3} bytes of a message/,
			/fetch/,
		],
		[
			"a DNS domain that is none",
			changed("networks:\n", "networks:\n  dnsDomain: Cluster_Local\n"),
			"networks.dnsDomain",
			/not a DNS domain/,
			/cluster\.local/,
		],
		[
			"an unknown role",
			changed("role: worker", "role: vault"),
			"slots[1].role",
			/there is no role vault/,
			/known are: control-plane, etcd, worker/,
		],
		[
			"two slots of one name",
			changed("name: workers", "name: control-plane"),
			"slots[1].name",
			/another slot control-plane, number 1/,
			/its own/,
		],
		[
			"as many control planes as are left",
			changed("count: 1", "count: rest"),
			"slots[0].count",
			/needs a number/,
			/1, 3 or 5/,
		],
		[
			"a label that kubelet may not give itself",
			changed("count: 2", "count: 2\n    nodeLabels: { node-role.kubernetes.io/worker: '' }"),
			'slots[1].nodeLabels["node-role.kubernetes.io/worker"]',
			/kubelet would not start/,
			/node\.kubernetes\.io\/worker/,
		],
		[
			"two machines with one MAC",
			`${BASE}machines:\n  - { mac: "02:00:00:00:00:01" }\n  - { mac: 02-00-00-00-00-01 }\n`,
			"machines[1].mac",
			/another machine with the mac 02:00:00:00:00:01/,
			/its own/,
		],
		[
			"two machines with one node name",
			`${BASE}machines:\n  - { uuid: a, nodeName: n }\n  - { uuid: b, nodeName: n }\n`,
			"machines[1].nodeName",
			/another node n/,
			/its own/,
		],
		[
			"two rules of one name",
			`${BASE}approval: { rules: [{ name: a, selector: {} }, { name: a, selector: {} }] }\n`,
			"approval.rules[1].name",
			/another rule a/,
			/its own/,
		],
		[
			"two mirrors of one registry",
			`${BASE}images: { mirrors: [{ registry: docker.io, endpoints: ["http://a"] }, { registry: docker.io, endpoints: ["http://b"] }] }\n`,
			"images.mirrors[1].registry",
			/another mirror of docker\.io/,
			/its own/,
		],
		[
			"an image of an unknown component",
			`${BASE}images: { overrides: { kube-api-server: "a/b:c" } }\n`,
			"images.overrides.kube-api-server",
			/not a component/,
			/did you mean kube-apiserver\?/,
		],
		[
			"a mirror that is a file",
			`${BASE}images: { mirrors: [{ registry: docker.io, endpoints: ["file:///etc/passwd"] }] }\n`,
			"images.mirrors[0].endpoints[0]",
			/Invalid URL/,
			/^$/,
		],
		["a role that hides a built-in one", `${BASE}roles: { worker: {} }\n`, "roles.worker", /built-in/, /my-worker/],
		[
			"an unknown placeholder",
			`${BASE}roles: { a: { files: [{ path: /etc/rollcall/role/a, mode: "0644", content: "{{nodename}}" }] } }\n`,
			"roles.a.files[0].content",
			/\{\{nodename\}\} stands for nothing/,
			/did you mean nodeName\?/,
		],
		[
			"a file that is there twice",
			`${BASE}roles: { a: { files: [{ path: /opt/rollcall/a, mode: "0644", content: a }, { path: /opt/rollcall/a, mode: "0644", content: b }] } }\n`,
			"roles.a.files[1].path",
			/there twice/,
			/^$/,
		],
		[
			"a file outside of the folders that agents write to",
			`${BASE}roles: { a: { files: [{ path: /etc/passwd, mode: "0644", content: a }] } }\n`,
			"roles.a.files[0].path",
			/no agent writes there/,
			/\/etc\/rollcall\/role\/passwd/,
		],
		[
			"an artifact in a read-only folder",
			changed(
				"kubernetes:\n",
				`kubernetes:\n  artifacts: [{ path: /usr/bin/kubelet, mode: "0755", sha256: "sha256:${"0".repeat(64)}", sizeBytes: 1, urls: ["http://a/b"] }]\n`,
			),
			"kubernetes.artifacts[0].path",
			/no agent writes there/,
			/\/opt\/rollcall\/bin\/kubelet/,
		],
		[
			"base64 that is none",
			`${BASE}roles: { a: { files: [{ path: /opt/rollcall/a, mode: "0644", encoding: base64, content: "a b" }] } }\n`,
			"roles.a.files[0].content",
			/not base64/,
			/^$/,
		],
		[
			"two probes of one component",
			`${BASE}roles: { a: { probes: [{ kind: tcp, component: a, port: 1 }, { kind: tcp, component: a, port: 2 }] } }\n`,
			"roles.a.probes[1].component",
			/another probe/,
			/^$/,
		],
		[
			"an argument that Kubernetes has removed",
			changed("kubernetes:\n", "kubernetes:\n  extraArguments: { apiServer: { insecure-port: '8080' } }\n"),
			"kubernetes.extraArguments.apiServer.insecure-port",
			/does not know --insecure-port/,
			/^$/,
		],
		[
			"an argument that rollcall decides",
			changed("kubernetes:\n", "kubernetes:\n  extraArguments: { kubelet: { hostname-override: x } }\n"),
			"kubernetes.extraArguments.kubelet.hostname-override",
			/decided by rollcall/,
			/leave it out/,
		],
		[
			"an argument that is misspelt",
			changed("kubernetes:\n", "kubernetes:\n  extraArguments: { controllerManager: { kube-api-qsp: '5' } }\n"),
			"kubernetes.extraArguments.controllerManager.kube-api-qsp",
			/does not know/,
			/did you mean kube-api-qps\?/,
		],
		[
			"serving certificates that are not renewed",
			changed("kubernetes:\n", "kubernetes:\n  featureGates: { RotateKubeletServerCertificate: false }\n"),
			"kubernetes.featureGates.RotateKubeletServerCertificate",
			/cannot be switched off/,
			/leave it out/,
		],
	];

for (const [title, text, path, message, suggestion] of REFUSALS) {
	test(`refused: ${title}`, (t) => {
		const parsed = parseDocument(text);
		if (parsed.ok) return t.fail("it was accepted");
		const finding = parsed.problem.details?.find((one) => one.path === path);
		t.truthy(finding, JSON.stringify(parsed.problem.details, null, 1));
		t.regex(finding?.message ?? "", message);
		t.regex(finding?.message ?? "", /^line \d+, column \d+: /);
		t.regex(finding?.suggestion ?? "", suggestion);
	});
}

const WARNINGS: readonly (readonly [title: string, text: string, warning: RegExp])[] = [
	["two members of etcd", changed("count: 1", "count: 2"), /^slots\[0\]\.count: 2 members of etcd .* take 1 or 3$/],
	[
		"workers without a control plane",
		BASE.replace(/ {2}- name: control-plane\n(?: {4}.*\n)*/, ""),
		/^slots: there is no control plane/,
	],
	["ipvs", changed("kubernetes:\n", "kubernetes:\n  proxyMode: ipvs\n"), /^kubernetes\.proxyMode: ipvs is deprecated/],
];

for (const [title, text, warning] of WARNINGS) {
	test(`accepted with a warning: ${title}`, (t) => {
		const parsed = parseDocument(text);
		if (!parsed.ok) return t.fail(JSON.stringify(parsed.problem));
		t.true(
			parsed.warnings.some((one) => warning.test(one)),
			parsed.warnings.join("\n"),
		);
	});
}
