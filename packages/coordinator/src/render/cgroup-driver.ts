import type { Facts } from "@rollcall/protocol";

/**
 * The cgroup driver of kubelet and of the container runtime: one decision for both, so that they cannot clash. systemd owns
 * the unified hierarchy; on the old one, Kubernetes keeps away from it with cgroupfs.
 */
export function cgroupDriver(facts: Pick<Facts, "cgroupVersion">): "systemd" | "cgroupfs" {
	return facts.cgroupVersion === 2 ? "systemd" : "cgroupfs";
}
