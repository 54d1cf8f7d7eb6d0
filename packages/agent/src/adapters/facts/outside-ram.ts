import { covering, readMounts, wayToRam } from "./mounts.ts";
import type { Source } from "./read-text.ts";

/** Where a target's keys and credentials lie; etcd's data has a tmpfs of its own. */
const PRIVATE = ["/etc/kubernetes", "/var/lib/kubelet", "/etc/rollcall/role"];

/** Which of the folders for keys do not lie in RAM: on a disk, or on a file server. Undefined where mounts cannot be seen. */
export function readOutsideRam(source: Source): string[] | undefined {
	const mounts = readMounts(source);
	if (mounts.length === 0) return undefined;
	return PRIVATE.filter((path) => {
		const mount = covering(mounts, path);
		return mount !== undefined && wayToRam(source, mounts, mount) === undefined;
	});
}
