import type { ClusterDocument, Kubernetes } from "@rollcall/protocol";

/** Modules that the choices of the document need. The kernel of a node must have them, built in or to load. */
export function kernelModules({
	kubernetes,
	volumes,
}: Pick<ClusterDocument, "kubernetes" | "volumes">): readonly string[] {
	const proxy: Record<Kubernetes["proxyMode"], readonly string[]> = {
		iptables: ["nf_conntrack"],
		ipvs: ["ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "nf_conntrack"],
		nftables: ["nf_tables", "nf_conntrack"],
		none: [],
	};
	const network: Record<Kubernetes["podNetwork"], readonly string[]> = {
		routed: ["vxlan"],
		flannel: ["vxlan"],
		// Its policies are sets of addresses: of ipset, or of nftables, which has its own.
		calico: ["vxlan", "nf_conntrack", ...(kubernetes.proxyMode === "nftables" ? ["nf_tables"] : ["ip_set", "xt_set"])],
		none: [],
	};
	// nfsv4 serves all of NFS 4.0 to 4.2, which is all that the document allows.
	const files = volumes?.nfs ? ["nfs", "nfsv4"] : [];
	const chosen = [...network[kubernetes.podNetwork], ...proxy[kubernetes.proxyMode], ...files];
	return [...new Set(["overlay", "br_netfilter", ...chosen])];
}

/** The text of a modules-load.d(5) file. */
export function modulesText(modules: readonly string[]): string {
	return `${modules.join("\n")}\n`;
}

/**
 * Kernel settings of a node: forwarding for pods, bridged traffic for kube-proxy, and what kubelet insists on with
 * `protectKernelDefaults` (pkg/kubelet/cm: vm.overcommit_memory, vm.panic_on_oom, kernel.panic, kernel.panic_on_oops,
 * kernel.keys.*).
 */
const SYSCTLS: Readonly<Record<string, number>> = {
	"net.ipv4.ip_forward": 1,
	"net.bridge.bridge-nf-call-iptables": 1,
	"net.bridge.bridge-nf-call-ip6tables": 1,
	"vm.overcommit_memory": 1,
	"vm.panic_on_oom": 0,
	"kernel.panic": 10,
	"kernel.panic_on_oops": 1,
	"kernel.keys.root_maxbytes": 25_000_000,
	"kernel.keys.root_maxkeys": 1_000_000,
	"fs.inotify.max_user_instances": 8192,
	"fs.inotify.max_user_watches": 524_288,
};

/** The settings of a node; IPv6 only where pods use it, since a kernel may be without. */
export function nodeSysctls(ipv6: boolean): Readonly<Record<string, number>> {
	return ipv6 ? { ...SYSCTLS, "net.ipv6.conf.all.forwarding": 1 } : SYSCTLS;
}

/** The text of a sysctl.d(5) file. */
export function sysctlText(settings: Readonly<Record<string, number>>): string {
	return `${Object.entries(settings)
		.map(([key, value]) => `${key} = ${value}`)
		.join("\n")}\n`;
}
