import type { TargetFile, TargetUnit } from "@rollcall/protocol";
import { afterKubeletUnit, printMounts, UNLESS_GOING_DOWN } from "./after-kubelet.ts";

const SERVICE = "rollcall-pod-volumes.service";

/** Where kubelet mounts volumes, and containerd the shared memory of pods: what is mounted below, for sed. */
const PLACES = ["/var/lib/kubelet/[^ ]*", "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/[^ ]*"]
	.map((place) => `-e ${printMounts(place)}`)
	.join(" ");

/** What pods wrote, and nobody reads any more: their own volumes, and what they said. Beside kubelet's folder of pods, which may be a mount of the operator's. */
const WRITTEN = "/var/lib/kubelet/pods/* /var/log/pods/* /var/log/containers/*";

/**
 * A server that is away would keep a plain umount waiting, and no process of a pod has a volume open any more. What is still mounted is not the machine's alone, so then nothing is removed:
 * a file server's files would go with it.
 */
const REMOVE = [
	`${UNLESS_GOING_DOWN} mounts() { sed -n ${PLACES} /proc/self/mountinfo; };`,
	'for one in $(mounts | sort -r); do umount -l "$one"; done;',
	`[ -z "$(mounts)" ] || exit 1; rm -rf ${WRITTEN}`,
].join(" ");

/**
 * What unmounts the volumes of pods and removes what pods wrote when it is stopped, behind kubelet and all pods: only kubelet does it else, and it is gone. A drain leaves pods of DaemonSets where they
 * are, and their volumes hold Secrets and the tokens of their service accounts.
 */
export function podVolumesUnit(): { readonly file: TargetFile; readonly unit: TargetUnit } {
	return afterKubeletUnit(SERVICE, {
		description: "removes the volumes of pods when it is stopped",
		stop: REMOVE,
	});
}
