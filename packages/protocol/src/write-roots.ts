/**
 * The folders below which an agent writes, and nowhere else. Built into the agent: no message can change them. The
 * coordinator refuses a document that names another path when it is declared, not on the node.
 */
export const WRITE_ROOTS = [
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
] as const;

/** True when an agent would write a file there. */
export function isWritable(path: string): boolean {
	return WRITE_ROOTS.some((root) => path.startsWith(`${root}/`));
}
