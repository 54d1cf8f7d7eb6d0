import type { TargetFile, TargetUnit } from "@rollcall/protocol";
import { afterKubeletUnit, UNLESS_GOING_DOWN } from "./after-kubelet.ts";

const SERVICE = "rollcall-pod-namespaces.service";

/** containerd's names of network namespaces, where it keeps those of pods. Its own file alone holds one in which nothing runs any more. */
const REMOVE = [
	`${UNLESS_GOING_DOWN} code=0;`,
	'for one in /run/netns/cni-*; do [ -e "$one" ] || continue;',
	'umount "$one" 2>/dev/null; rm "$one" || code=1; done; exit $code',
].join(" ");

/**
 * What removes the network namespaces of pods when it is stopped, behind kubelet and all pods, and with each the link that leads to it: only kubelet has containerd remove them, and
 * it is gone. A drain leaves pods of DaemonSets where they are.
 */
export function podNamespacesUnit(): { readonly file: TargetFile; readonly unit: TargetUnit } {
	return afterKubeletUnit(SERVICE, {
		description: "removes the networks of pods when it is stopped",
		stop: REMOVE,
	});
}
