import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { BASE, changed, testRefusals } from "./refusal.ts";

testRefusals([
	[
		"a role whose files do not fit a message",
		`${BASE}roles: { a: { files: [{ path: /opt/rollcall/a, mode: "0644", content: "${"\\x01".repeat(120_000)}" }] } }\n`,
		"roles.a.files",
		/720\d{3} bytes of a message/,
		/fetch/,
	],
	[
		"a private key among the SSH keys",
		`${BASE}users: [{ name: ann, sshKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----"] }]\n`,
		"users[0].sshKeys[0]",
		/this is a private key/,
		/\.pub/,
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
		"machines taken from a slot that comes before",
		changed("count: 2", "count: 2\n    from: [worker]"),
		"slots[1].from[0]",
		/no later slot than workers has the role worker/,
		/leave it out/,
	],
	[
		"machines taken from control planes",
		changed("count: 2", "count: 2\n    from: [control-plane]"),
		"slots[1].from[0]",
		/what it holds in RAM would go/,
		/leave it out/,
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
		"an argument that is a field of the document, which says true",
		changed("kubernetes:\n", "kubernetes:\n  extraArguments: { kubelet: { fail-swap-on: 'true' } }\n"),
		"kubernetes.extraArguments.kubelet.fail-swap-on",
		/has a field for it/,
		/^write kubernetes\.failSwapOn: true$/,
	],
	[
		"an argument that is a field of the document, which says false",
		changed("kubernetes:\n", "kubernetes:\n  extraArguments: { kubelet: { fail-swap-on: 'false' } }\n"),
		"kubernetes.extraArguments.kubelet.fail-swap-on",
		/has a field for it/,
		/^write kubernetes\.failSwapOn: false$/,
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
]);

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
