import { type ClusterDocument, formatNetwork, type TargetFile, type TargetUnit } from "@rollcall/protocol";
import { afterKubeletUnit, UNLESS_GOING_DOWN } from "./after-kubelet.ts";
import { declaredOf } from "./declared.ts";
import { POD_BRIDGE } from "./routed.ts";

const SERVICE = "rollcall-flannel.service";
/** What flannel brings packets to other nodes by, one of each IP version, and the bridge of the plugin that it hands pods over to. */
const LINKS = ["flannel.1", "flannel-v6.1", POD_BRIDGE];

/**
 * What takes away flannel's links, its routes to the pods of other nodes, and the plugin that its pod put there, when it is stopped, behind kubelet and all pods: flannel leaves all of that when it ends,
 * so that a restart of it interrupts no pod, and a machine that lost its role would go on sending the addresses of pods to nodes of before.
 */
export function flannelUnit(document: ClusterDocument): { readonly file: TargetFile; readonly unit: TargetUnit } {
	const { pods, second } = declaredOf(document);
	const networks = [pods, second?.pods].flatMap((network) => (network ? [formatNetwork(network)] : []));
	const flush = networks.map(
		(network) => `ip ${network.includes(":") ? "-6 " : ""}route flush root ${network} || code=1;`,
	);
	const stop = [
		`${UNLESS_GOING_DOWN} code=0;`,
		`for one in ${LINKS.join(" ")}; do [ ! -e /sys/class/net/$one ] || ip link del $one || code=1; done;`,
		...flush,
		"rm -rf /opt/cni/bin/flannel /run/flannel; exit $code",
	].join(" ");
	return afterKubeletUnit(SERVICE, { description: "removes what flannel left when it is stopped", stop });
}
