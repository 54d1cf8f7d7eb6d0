/**
 * Names of interfaces that never lead out of a machine, by who makes them: pod networks and kube-proxy, container runtimes,
 * virtual machines, and the devices that the kernel's tunnel modules bring along. Everything else may be an uplink.
 */
const NO_UPLINK = [
	// Flannel, the bridge plugin, Calico, Cilium, Weave, Antrea, OVN-Kubernetes, kube-router, kube-proxy's ipvs mode, node-local DNS.
	"cni\\d+|rollcall-vxlan|flannel.*|cali.*|vxlan(?:-v6)?\\.calico|wireguard\\.cali|wg-v6\\.cali|bpf(?:in|out)\\.cali|cilium_.*|lxc.*|weave|vethwe.*|datapath",
	"antrea-.*|ovn-k8s-.*|genev_sys_.*|vxlan_sys_.*|ovs-system|br-int|kube-bridge|kube-dummy-if|kube-ipvs0|nodelocaldns",
	// Container runtimes and hypervisors.
	"veth.*|docker\\d+|docker_gwbridge|br-[0-9a-f]{12}|podman\\d+|nerdctl\\d+|virbr\\d+(?:-nic)?|vnet\\d+|tap.*|lxdbr\\d+|incusbr\\d+",
	// The kernel's own.
	"tunl0|gre0|gretap0|erspan0|sit0|ip6tnl0|ip6gre0|ip_vti0|ip6_vti0|teql\\d+|ifb\\d+",
].join("|");
const PATTERN = new RegExp(`^(?:${NO_UPLINK})$`);

/** True for an interface that is known not to lead out of the machine. */
export function isNoUplink(name: string): boolean {
	return PATTERN.test(name);
}
