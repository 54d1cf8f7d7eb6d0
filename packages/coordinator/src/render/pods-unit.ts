import type { TargetFile, TargetUnit } from "@rollcall/protocol";
import { afterKubeletUnit } from "./after-kubelet.ts";
import { cgroupDriver } from "./cgroup-driver.ts";
import type { Node } from "./node.ts";

const SLICE = "kubepods.slice";
const SERVICE = "rollcall-pods.service";

/** Where kubelet keeps the processes of all pods by the driver cgroupfs: in each hierarchy, and it needs this one. */
const PODS = "/sys/fs/cgroup/pids/kubepods";

/**
 * Tells all processes of pods to end, and kills those that are there after ten seconds. A new one may have begun while they were listed, so it
 * looks until there is none. While kubelet runs, or is about to, pods are meant to: then only the unit itself is restarted, since its text is another one, or taken back.
 */
const END_ALL = [
	"n=0; while :;",
	`do pids="$(grep -rhs "" --include=cgroup.procs ${PODS})"; [ -n "$pids" ] || exit 0;`,
	"[ $n -lt 60 ] || exit 1; signal=KILL; [ $n -ge 20 ] || signal=TERM;",
	'kill -$signal $pids 2>/dev/null; n="$((n + 1))"; sleep 0.5; done',
].join(" ");

/**
 * What ends every container when it is stopped, behind kubelet, where the machine is to run nothing any more: they outlive kubelet and containerd otherwise.
 * Where systemd has the pods that is their slice. kubelet would make it by itself; as a unit of the target it is stopped. On the old hierarchy systemd
 * has none of them, and a unit does what the stop of a slice does.
 */
export function podsUnits({ facts }: Pick<Node, "facts">): {
	readonly files: readonly TargetFile[];
	readonly units: readonly TargetUnit[];
} {
	if (cgroupDriver(facts) === "systemd") return { files: [], units: [{ name: SLICE, restartOn: [] }] };
	const { file, unit } = afterKubeletUnit(SERVICE, { description: "ends all pods when it is stopped", stop: END_ALL });
	return { files: [file], units: [unit] };
}
