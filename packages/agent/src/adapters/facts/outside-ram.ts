import type { Source } from "./read-text.ts";

/** Where a target's keys and credentials lie; etcd's data has a tmpfs of its own. */
const PRIVATE = ["/etc/kubernetes", "/var/lib/kubelet", "/etc/rollcall/role"];
/** File systems that are RAM, or that nothing is written to. */
const RAM = /^(?:tmpfs|ramfs|rootfs|aufs|squashfs|erofs|iso9660)$/;
/** Devices that are RAM: compressed, plain, and the writable half of a live system's image. */
const RAM_DEVICE = /^\/dev\/(?:zram\d+|ram\d+|mapper\/live-(?:rw|base))$/;
/** An overlay on a file system in a file on a tmpfs is as deep as live systems go. */
const DEEPEST = 4;

interface Mount {
	readonly at: string;
	/** `major:minor`: all mounts of one file system have the same. */
	readonly of: string;
	readonly type: string;
	readonly device: string;
	/** Of the file system, as the kernel shows them. */
	readonly options: string;
}

/**
 * Which of the folders for keys do not lie in RAM: on a disk, or on a file server. An overlay lies where its upper half does, a file system in a file
 * where that is; where that cannot be seen any more, it is not RAM. From /proc/self/mountinfo (proc(5)); undefined where that cannot be read.
 */
export function readOutsideRam(source: Source): string[] | undefined {
	const mounts = (source.text("/proc/self/mountinfo") ?? "").split("\n").flatMap(parse);
	if (mounts.length === 0) return undefined;
	return PRIVATE.filter((path) => {
		const mount = covering(mounts, path);
		return mount !== undefined && !isInRam(source, mounts, mount, DEEPEST);
	});
}

/** The mount that a path lies on. */
function covering(mounts: readonly Mount[], path: string): Mount | undefined {
	const above = mounts.filter(({ at }) => at === "/" || path === at || path.startsWith(`${at}/`));
	// Of those at one place the last one is seen.
	return above.reverse().sort((a, b) => b.at.length - a.at.length)[0];
}

function isInRam(source: Source, mounts: readonly Mount[], mount: Mount, depth: number): boolean {
	const { type, device, options } = mount;
	if (RAM.test(type) || RAM_DEVICE.test(device)) return true;
	const loop = /^\/dev\/(loop\d+)$/.exec(device)?.[1];
	const below =
		loop === undefined ? upperOf(type, options) : source.text(`/sys/block/${loop}/loop/backing_file`)?.trim();
	if (below === undefined || below === "" || depth === 0) return false;
	// What an initrd mounted is named as the initrd saw it.
	const path = source.real(below) ?? source.real(below.replace(/^\/sysroot(?=\/)/, ""));
	const under =
		path === undefined
			? undefined
			: covering(
					mounts.filter(({ of }) => of !== mount.of),
					path,
				);
	return under !== undefined && isInRam(source, mounts, under, depth - 1);
}

/** The folder that an overlay writes to. */
function upperOf(type: string, options: string): string | undefined {
	return type === "overlay" ? unescaped(/(?:^|,)upperdir=([^,]*)/.exec(options)?.[1] ?? "") : undefined;
}

/** `id parent major:minor root mount-point options [optional fields] - type source super-options`, blanks as `\040`. */
function parse(line: string): Mount[] {
	const [before = "", after = ""] = line.split(" - ");
	const [, , of, , at] = before.split(" ");
	const [type, device, options = ""] = after.split(" ");
	if (!of || !at || !type || device === undefined) return [];
	return [{ at: unescaped(at), of, type, device, options }];
}

function unescaped(path: string): string {
	return path.replaceAll("\\040", " ");
}
