import test from "ava";
import { coreAddOns } from "../../../src/render/addons/core-add-ons.ts";
import { covers, type Manifest, refOf, refText } from "../../../src/render/addons/manifest.ts";
import { documentOf } from "../fleet-of.ts";
import { nodeTree } from "../node-tree.ts";

const addOns = (kubernetes = "", more = ""): readonly Manifest[] =>
	coreAddOns(
		documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36"${kubernetes} }
${more}
slots:
  - { name: control, role: control-plane, count: 1 }
`),
	);
const names = (manifests: readonly Manifest[]) => manifests.map((manifest) => refText(refOf(manifest)));
const find = (manifests: readonly Manifest[], kind: string) =>
	manifests.find((manifest) => manifest.kind === kind) as Manifest & { spec: never; data: never };

test("rights come before what needs them, and nothing is applied for what a document leaves out", (t) => {
	t.deepEqual(names(addOns(", podNetwork: flannel")), [
		"ClusterRoleBinding.rbac.authorization.k8s.io kubeadm:cluster-admins",
		"ClusterRoleBinding.rbac.authorization.k8s.io rollcall:kubelet-client",
		"ClusterRoleBinding.rbac.authorization.k8s.io rollcall:kube-proxy",
		"ClusterRole.rbac.authorization.k8s.io rollcall:flannel",
		"ClusterRoleBinding.rbac.authorization.k8s.io rollcall:flannel",
		"ServiceAccount kube-system/coredns",
		"ClusterRole.rbac.authorization.k8s.io system:coredns",
		"ClusterRoleBinding.rbac.authorization.k8s.io system:coredns",
		"ConfigMap kube-system/coredns",
		"Deployment.apps kube-system/coredns",
		"Service kube-system/kube-dns",
	]);
	t.false(names(addOns()).some((name) => name.includes("flannel")));
	const bare = names(addOns(", podNetwork: none, proxyMode: none"));
	t.false(bare.some((name) => /flannel|kube-proxy/.test(name)));
});

test("the cluster's DNS is where kubelets send pods, with the domain that is declared", (t) => {
	const { clusterDNS } = nodeTree("worker").yaml("/var/lib/kubelet/config.yaml") as { clusterDNS: string[] };
	const service = find(addOns(), "Service") as unknown as { spec: { clusterIP: string } };
	t.deepEqual([service.spec.clusterIP], clusterDNS);
	const { Corefile } = find(addOns("", "networks: { dnsDomain: lab.internal }"), "ConfigMap").data as {
		Corefile: string;
	};
	t.regex(Corefile, /^ {4}kubernetes lab\.internal in-addr\.arpa ip6\.arpa \{$/m);
	t.regex(Corefile, /^ {4}forward \. \/etc\/resolv\.conf \{$/m);
	const alone = find(addOns("", "networks: { dnsServers: [] }"), "ConfigMap").data as { Corefile: string };
	t.notRegex(alone.Corefile, /forward/);
});

test("images of add-ons come from where the document says", (t) => {
	const text = (manifests: readonly Manifest[]) => JSON.stringify(find(manifests, "Deployment"));
	t.regex(text(addOns()), /"image":"registry\.k8s\.io\/coredns\/coredns:v1\.14\.2"/);
	t.regex(
		text(addOns("", "images: { repository: mirror.lab.example/k8s }")),
		/"image":"mirror\.lab\.example\/k8s\/coredns\/coredns:v1\.14\.2"/,
	);
});

test("what the API adds is no drift, what is missing or other is", (t) => {
	const wanted = { spec: { replicas: 2, ports: [{ port: 53 }], selector: {} } };
	t.true(covers({ status: {}, spec: { replicas: 2, ports: [{ port: 53, protocol: "UDP" }] } }, wanted));
	t.false(covers({ spec: { replicas: 1, ports: [{ port: 53 }] } }, wanted));
	t.false(covers({ spec: { replicas: 2, ports: [{ port: 53 }, { port: 54 }] } }, wanted));
	t.false(covers({}, wanted));
	t.false(covers(undefined, wanted));
});
