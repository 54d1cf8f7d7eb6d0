import type { Source } from "./read-text.ts";

/** Where a target's keys and credentials lie; etcd's data has a tmpfs of its own. */
const PRIVATE = ["/etc/kubernetes", "/var/lib/kubelet", "/etc/rollcall/role"];
/** File systems that are RAM, or lie over one that is only read, as live systems have them. */
const RAM = /^(?:tmpfs|ramfs|rootfs|overlay|aufs|squashfs|erofs|iso9660)$/;
/** Devices that are RAM: compressed, plain, and the writable half of a live system's image. */
const RAM_DEVICE = /^\/dev\/(?:zram\d+|ram\d+|mapper\/live-(?:rw|base))$/;

interface Mount {
	readonly at: string;
	readonly type: string;
	readonly device: string;
}

/**
 * Which of the folders for keys do not lie in RAM: on a disk, or on a file server. From /proc/self/mountinfo (proc(5)); undefined
 * where that cannot be read.
 */
export function readOutsideRam(source: Source): string[] | undefined {
	const mounts = (source.text("/proc/self/mountinfo") ?? "").split("\n").flatMap(parse);
	if (mounts.length === 0) return undefined;
	return PRIVATE.filter((path) => {
		const above = mounts.filter(({ at }) => at === "/" || path === at || path.startsWith(`${at}/`));
		// Of those at one place the last one is seen.
		const [mount] = above.reverse().sort((a, b) => b.at.length - a.at.length);
		return mount !== undefined && !RAM.test(mount.type) && !RAM_DEVICE.test(mount.device);
	});
}

/** `id parent major:minor root mount-point options [optional fields] - type source super-options`, blanks as `\040`. */
function parse(line: string): Mount[] {
	const [before = "", after = ""] = line.split(" - ");
	const [, , , , at] = before.split(" ");
	const [type, device] = after.split(" ");
	if (!at || !type || device === undefined) return [];
	return [{ at: at.replaceAll("\\040", " "), type, device }];
}
