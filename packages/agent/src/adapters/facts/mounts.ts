import type { Source } from "./read-text.ts";

/** File systems that are RAM, or that nothing is written to. */
const RAM = /^(?:tmpfs|ramfs|rootfs|aufs|squashfs|erofs|iso9660)$/;
/** Devices that are RAM: compressed, plain, and the writable half of a live system's image. */
const RAM_DEVICE = /^\/dev\/(?:zram\d+|ram\d+|mapper\/live-(?:rw|base))$/;
/** An overlay on a file system in a file on a tmpfs is as deep as live systems go. */
const DEEPEST = 4;

/** What is mounted somewhere. */
interface Mount {
	readonly at: string;
	/** `major:minor`: all mounts of one file system have the same. */
	readonly of: string;
	readonly type: string;
	readonly device: string;
	/** Of the file system, as the kernel shows them. */
	readonly options: string;
}

/** The mounts of a machine, from /proc/self/mountinfo (proc(5)); none where that cannot be read. */
export function readMounts(source: Source): readonly Mount[] {
	return (source.text("/proc/self/mountinfo") ?? "").split("\n").flatMap(parse);
}

/** The mount that a path lies on. */
export function covering(mounts: readonly Mount[], path: string): Mount | undefined {
	const above = mounts.filter(({ at }) => at === "/" || path === at || path.startsWith(`${at}/`));
	// Of those at one place the last one is seen.
	return above.reverse().sort((a, b) => b.at.length - a.at.length)[0];
}

/**
 * The mounts through which what lies on a mount comes to lie in RAM, from that one down: an overlay lies where its upper half does, a file system in
 * a file where that is. Undefined where it is not RAM, or where that cannot be seen any more.
 */
export function wayToRam(
	source: Source,
	mounts: readonly Mount[],
	mount: Mount,
	depth = DEEPEST,
): readonly Mount[] | undefined {
	const { type, device, options } = mount;
	if (RAM.test(type) || RAM_DEVICE.test(device)) return [mount];
	const loop = /^\/dev\/(loop\d+)$/.exec(device)?.[1];
	const below =
		loop === undefined ? upperOf(type, options) : source.text(`/sys/block/${loop}/loop/backing_file`)?.trim();
	if (below === undefined || below === "" || depth === 0) return undefined;
	// What an initrd mounted is named as the initrd saw it.
	const path = source.real(below) ?? source.real(below.replace(/^\/sysroot(?=\/)/, ""));
	const others = mounts.filter(({ of }) => of !== mount.of);
	const under = path === undefined ? undefined : covering(others, path);
	const way = under && wayToRam(source, mounts, under, depth - 1);
	return way && [mount, ...way];
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
