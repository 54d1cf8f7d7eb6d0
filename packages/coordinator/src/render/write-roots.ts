/**
 * Folders that agents write to, and no others: built into the agent (`WRITE_ROOTS` there; a test compares the two). Known
 * here so that a document which names another path is refused when it is declared, not on the node.
 */
export const WRITE_ROOTS: readonly string[] = [
	"/etc/kubernetes",
	"/etc/containerd",
	"/etc/cni/net.d",
	"/etc/modules-load.d",
	"/etc/sysctl.d",
	"/etc/rollcall/role",
	"/run/systemd/system",
	"/run/rollcall/role",
	"/var/lib/kubelet",
	"/var/lib/etcd",
	"/opt/rollcall",
	"/opt/cni/bin",
];

/** True when an agent would write a file there. */
export function isWritable(path: string): boolean {
	return WRITE_ROOTS.some((root) => path.startsWith(`${root}/`));
}
