import test from "ava";
import { CALICO_RESOURCES, pluralOf } from "../../../src/render/addons/calico/resources.ts";
import { type Manifest, refOf, refText } from "../../../src/render/addons/manifest.ts";
import { addOns, DUAL, SLOTS, tree } from "./calico-documents.ts";

interface Container {
	readonly name: string;
	readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
	readonly securityContext: Record<string, unknown>;
	readonly resources: { readonly requests?: Record<string, string> };
	readonly [field: string]: unknown;
}
interface PodSpec {
	readonly containers: readonly Container[];
	readonly initContainers?: readonly Container[];
	readonly volumes: readonly { readonly hostPath?: { readonly path: string } }[];
	readonly [field: string]: unknown;
}

const podOf = (manifests: readonly Manifest[], name: string): PodSpec => {
	const found = manifests.find(
		({ metadata, kind }) => metadata.name === name && /^(?:DaemonSet|Deployment)$/.test(kind),
	);
	if (!found) throw new Error(`there is no ${name}`);
	return (found.spec as { template: { spec: PodSpec } }).template.spec;
};
const environment = (manifests: readonly Manifest[], container = "calico-node") => {
	const { containers, initContainers = [] } = podOf(manifests, "calico-node");
	const found = [...containers, ...initContainers].find(({ name }) => name === container);
	return Object.fromEntries((found?.env ?? []).map(({ name, value }) => [name, value]));
};

test("kinds come before what uses them, and objects of these kinds last", (t) => {
	const kinds = addOns().map(({ kind }) => kind);
	const names = addOns().map((manifest) => refText(refOf(manifest)));
	const uses = kinds.indexOf("DaemonSet");
	t.true(kinds.lastIndexOf("CustomResourceDefinition") < uses);
	t.true(names.indexOf("ServiceAccount kube-system/calico-node") < uses);
	t.true(kinds.indexOf("IPPool") > uses);
	t.false(names.some((name) => name.includes("flannel")));
});

test("calico-node speaks from the address that kubelet was given, over VXLAN, without BGP and without calling home", (t) => {
	const found = environment(addOns());
	t.like(found, {
		DATASTORE_TYPE: "kubernetes",
		CALICO_NETWORKING_BACKEND: "vxlan",
		IP: "autodetect",
		IP_AUTODETECTION_METHOD: "kubernetes-internal-ip",
		IP6: "none",
		FELIX_IPV6SUPPORT: "false",
		NO_DEFAULT_POOLS: "true",
		FELIX_USAGEREPORTINGENABLED: "false",
	});
	t.false(Object.keys(found).some((name) => /TYPHA|MTU|BIRD/.test(name)));
	const [container] = podOf(addOns(), "calico-node").containers;
	t.is(container?.lifecycle, undefined);
	t.like(container?.livenessProbe, { httpGet: { host: "127.0.0.1", port: 9099, path: "/liveness" } });
	t.like(container?.readinessProbe, { httpGet: { host: "127.0.0.1", port: 9099, path: "/readiness" } });
});

test("Calico reaches the API by the node's own balancer, whoever brings services", (t) => {
	const balancer = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: "7443" };
	for (const kubernetes of ["", ", proxyMode: none"])
		for (const container of ["install-cni", "calico-node"])
			t.like(environment(addOns(kubernetes), container), balancer, container);
	for (const role of ["control-plane", "worker"] as const)
		t.true(
			tree(role).pods.some(({ pod }) => pod.metadata.name === "api-balancer"),
			role,
		);
	const names = tree("control-plane").content.certificates?.find(({ name }) => name === "apiserver")?.subject;
	t.true(names?.addresses.includes(balancer.KUBERNETES_SERVICE_HOST));
});

test("policies are written with what kube-proxy writes services with", (t) => {
	for (const [proxyMode, mode] of [
		["iptables", "Disabled"],
		["nftables", "Enabled"],
		["ipvs", "Disabled"],
	] as const)
		t.is(environment(addOns(`, proxyMode: ${proxyMode}`)).FELIX_NFTABLESMODE, mode, proxyMode);
});

test("with two IP versions nodes have both addresses, pods get one of each, and each has its pool", (t) => {
	const both = addOns("", DUAL);
	t.like(environment(both), { IP: "autodetect", IP6: "autodetect", FELIX_IPV6SUPPORT: "true" });
	const { plugins } = JSON.parse(environment(both, "install-cni").CNI_NETWORK_CONFIG ?? "");
	t.deepEqual(plugins[0].ipam, { type: "calico-ipam", assign_ipv4: "true", assign_ipv6: "true" });
	const pools = both.filter(({ kind }) => kind === "IPPool").map(({ spec }) => spec);
	const common = { ipipMode: "Never", vxlanMode: "Always", natOutgoing: true, allowedUses: ["Workload", "Tunnel"] };
	t.like(pools, [
		{ ...common, cidr: "10.254.0.0/16", blockSize: 26 },
		{ ...common, cidr: "fd00:10::/56", blockSize: 122 },
	] as never);
	const six = addOns("", `networks: { pods: "fd00:10::/48", services: "fd00:20::/112" }\n${SLOTS}`);
	t.like(environment(six), { IP: "none", IP6: "autodetect" });
});

test("the file of the CNI goes after whatever takes its place, and programs that the document brings are left alone", (t) => {
	const artifact = (path: string) =>
		`{ path: ${path}, mode: "0755", sha256: "sha256:${"0".repeat(64)}", sizeBytes: 1, urls: ["http://a/b"] }`;
	const {
		CNI_CONF_NAME = "",
		SKIP_CNI_BINARIES,
		CNI_NETWORK_CONFIG = "",
	} = environment(addOns(`, artifacts: [${artifact("/opt/cni/bin/portmap")}]`), "install-cni");
	t.true(CNI_CONF_NAME > "10-flannel.conflist");
	t.is(SKIP_CNI_BINARIES, "bandwidth,flannel,host-local,portmap,tuning");
	t.is(JSON.parse(CNI_NETWORK_CONFIG).plugins[0].mtu, 0);
	// Kubernetes would put a variable in its place.
	t.false(CNI_NETWORK_CONFIG.includes("$("));
});

test("it runs on every node, before everything else, and nothing but calico-node is privileged", (t) => {
	const node = podOf(addOns(), "calico-node");
	const controllers = podOf(addOns(), "calico-kube-controllers");
	t.like(node, { hostNetwork: true, priorityClassName: "system-node-critical" });
	for (const effect of ["NoSchedule", "NoExecute"])
		t.true(
			(node.tolerations as object[]).some(
				(one) => JSON.stringify(one) === `{"effect":"${effect}","operator":"Exists"}`,
			),
		);
	const all = [node, controllers].flatMap(({ containers, initContainers = [] }) => [...containers, ...initContainers]);
	for (const { name, securityContext, resources } of all) {
		t.truthy(resources.requests?.cpu && resources.requests.memory, name);
		if (name === "calico-node") t.deepEqual(securityContext, { privileged: true });
		else
			t.like(securityContext, {
				allowPrivilegeEscalation: false,
				capabilities: { drop: ["ALL"] },
				readOnlyRootFilesystem: true,
			});
	}
	for (const { securityContext } of [node, controllers])
		t.deepEqual(securityContext, { seccompProfile: { type: "RuntimeDefault" } });
	const paths = node.volumes.map(({ hostPath }) => hostPath?.path);
	t.deepEqual(paths, [
		"/etc/cni/net.d",
		"/opt/cni/bin",
		"/lib/modules",
		"/run/calico",
		"/var/lib/calico",
		"/run/xtables.lock",
	]);
});

test("images of Calico come from where the document says", (t) => {
	const images = (more = "") =>
		JSON.stringify(addOns("", `${more}${SLOTS}`))
			.match(/"image":"[^"]*calico[^"]*"/g)
			?.map((one) => one.slice(9, -1));
	t.deepEqual(images(), [
		"quay.io/calico/cni:v3.32.1",
		"quay.io/calico/node:v3.32.1",
		"quay.io/calico/kube-controllers:v3.32.1",
	]);
	const overrides = ["cni", "node", "kube-controllers"].map((one) => `calico-${one}: mirror.lab/calico/${one}:v1`);
	t.deepEqual(images(`images: { overrides: { ${overrides.join(", ")} } }\n`), [
		"mirror.lab/calico/cni:v1",
		"mirror.lab/calico/node:v1",
		"mirror.lab/calico/kube-controllers:v1",
	]);
});

test("rights name only kinds that are defined, no verb of all, and no right to change what is not Calico's", (t) => {
	const known = new Set(CALICO_RESOURCES.map(pluralOf));
	const roles = addOns().filter(({ kind, metadata }) => kind === "ClusterRole" && metadata.name.startsWith("calico-"));
	t.is(roles.length, 3);
	const others: string[] = [];
	for (const role of roles) {
		for (const { apiGroups, resources, verbs } of role.rules as { [field: string]: string[] }[]) {
			t.false([...(apiGroups ?? []), ...(resources ?? []), ...(verbs ?? [])].includes("*"));
			if (apiGroups?.includes("crd.projectcalico.org"))
				for (const resource of resources ?? []) t.true(known.has(resource.split("/")[0] ?? ""), resource);
			else if (!(verbs ?? []).every((verb) => ["get", "list", "watch"].includes(verb)))
				others.push(`${role.metadata.name}: ${verbs} ${resources}`);
		}
	}
	t.deepEqual(others, [
		"calico-node: create serviceaccounts/token",
		"calico-node: patch,update nodes/status",
		"calico-cni-plugin: patch pods/status",
	]);
});

test("calico-node may create what it makes at its start where it is missing", (t) => {
	const role = addOns().find(({ kind, metadata }) => kind === "ClusterRole" && metadata.name === "calico-node");
	const rules = role?.rules as { apiGroups: string[]; resources: string[]; verbs: string[] }[];
	const created = rules
		.filter(({ apiGroups, verbs }) => apiGroups.includes("crd.projectcalico.org") && verbs.includes("create"))
		.flatMap(({ resources }) => resources);
	t.deepEqual(created.sort(), [
		"bgpconfigurations",
		"blockaffinities",
		"clusterinformations",
		"felixconfigurations",
		"ipamblocks",
		"ipamconfigs",
		"ipamhandles",
		"tiers",
	]);
});
