import type { Manifest } from "../manifest.ts";
import { CALICO_GROUP } from "./resources.ts";

const RBAC = "rbac.authorization.k8s.io";
const NAMESPACE = "kube-system";

/** The accounts of Calico's programs; the names are those that its releases have. */
export const CALICO_ACCOUNTS = {
	node: "calico-node",
	/** Of the plugins that containerd starts. calico-node gets short-lived tokens for it and keeps them in the plugins' kubeconfig. */
	plugin: "calico-cni-plugin",
	controllers: "calico-kube-controllers",
} as const;

interface Rule {
	readonly apiGroups: readonly string[];
	readonly resources: readonly string[];
	readonly resourceNames?: readonly string[];
	readonly verbs: readonly string[];
}

const READ = ["get", "list", "watch"] as const;
const WRITE = ["create", "update", "delete"] as const;

const core = (resources: readonly string[], verbs: readonly string[]): Rule => ({ apiGroups: [""], resources, verbs });
const own = (resources: readonly string[], verbs: readonly string[]): Rule => ({
	apiGroups: [CALICO_GROUP],
	resources,
	verbs,
});
const inGroup = (group: string, resources: readonly string[], verbs: readonly string[]): Rule => ({
	apiGroups: [group],
	resources,
	verbs,
});

/** Blocks of addresses, whose they are, and which pod has which. */
const ADDRESSES = ["blockaffinities", "ipamblocks", "ipamhandles"] as const;
const POLICIES = [
	"globalnetworkpolicies",
	"networkpolicies",
	"stagedglobalnetworkpolicies",
	"stagednetworkpolicies",
] as const;

// Without default pools, BGP, Typha, kubeadm's ConfigMap and an upgrade from older releases, whose rights are left out.
const NODE: readonly Rule[] = [
	{ ...core(["serviceaccounts/token"], ["create"]), resourceNames: [CALICO_ACCOUNTS.plugin] },
	core(["nodes", "pods", "namespaces", "serviceaccounts", "services", "endpoints"], READ),
	// Its address goes into annotations, and that the network works into a condition.
	core(["nodes/status"], ["patch", "update"]),
	inGroup("discovery.k8s.io", ["endpointslices"], ["list", "watch"]),
	inGroup("networking.k8s.io", ["networkpolicies"], ["list", "watch"]),
	// Kinds that a cluster may have. Who may not list them hears "forbidden" instead of "there is no such kind", and waits.
	inGroup("policy.networking.k8s.io", ["clusternetworkpolicies"], ["list", "watch"]),
	inGroup("kubevirt.io", ["virtualmachineinstancemigrations"], ["list", "watch"]),
	own(
		[
			...POLICIES,
			...ADDRESSES,
			"bgpconfigurations",
			"bgpfilters",
			"bgppeers",
			"caliconodestatuses",
			"clusterinformations",
			"felixconfigurations",
			"globalnetworksets",
			"hostendpoints",
			"ipamconfigs",
			"ippools",
			"ipreservations",
			"networksets",
			"stagedkubernetesnetworkpolicies",
			"tiers",
		],
		READ,
	),
	own(["clusterinformations", "felixconfigurations"], ["create", "update"]),
	own(["caliconodestatuses"], ["update"]),
	// What it makes at its start where it is missing; without the right it ends. So also BGP's, which nothing here uses.
	own(["bgpconfigurations", "tiers", "ipamconfigs"], ["create"]),
	// The address of its end of the tunnel.
	own(ADDRESSES, WRITE),
];

const PLUGIN: readonly Rule[] = [
	core(["pods", "nodes", "namespaces"], ["get"]),
	core(["pods/status"], ["patch"]),
	own(ADDRESSES, ["get", "list", ...WRITE]),
	own(["clusterinformations", "ippools", "ipreservations", "ipamconfigs"], ["get", "list"]),
	own(["ipamconfigs"], ["create"]),
];

// For the controller of nodes alone, and for what runs whether it is switched on or not (and finds nothing to do here).
const CONTROLLERS: readonly Rule[] = [
	core(["nodes", "pods"], READ),
	inGroup("apiextensions.k8s.io", ["customresourcedefinitions"], READ),
	inGroup("kubevirt.io", ["virtualmachines", "virtualmachineinstances"], READ),
	own([...ADDRESSES, "ipamconfigs", "hostendpoints"], [...READ, ...WRITE]),
	own([...POLICIES, "ippools", "ipreservations"], READ),
	own(["clusterinformations", "kubecontrollersconfigurations"], [...READ, "create", "update"]),
	own(["kubecontrollersconfigurations/status"], ["get", "update"]),
	own(["tiers"], [...READ, "create"]),
];

/** Accounts of Calico's programs, each with a role of its own. */
export function calicoRights(): readonly Manifest[] {
	return [
		...account(CALICO_ACCOUNTS.node, NODE),
		...account(CALICO_ACCOUNTS.plugin, PLUGIN),
		...account(CALICO_ACCOUNTS.controllers, CONTROLLERS),
	];
}

function account(name: string, rules: readonly Rule[]): readonly Manifest[] {
	return [
		{ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: NAMESPACE } },
		{ apiVersion: `${RBAC}/v1`, kind: "ClusterRole", metadata: { name }, rules },
		{
			apiVersion: `${RBAC}/v1`,
			kind: "ClusterRoleBinding",
			metadata: { name },
			roleRef: { apiGroup: RBAC, kind: "ClusterRole", name },
			subjects: [{ kind: "ServiceAccount", name, namespace: NAMESPACE }],
		},
	];
}
