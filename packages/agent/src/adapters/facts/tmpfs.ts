import { statfsSync, statSync } from "node:fs";
import type { Facts } from "@rollcall/protocol";
import { wholeBytes } from "./capacity.ts";
import { covering, readMounts, wayToRam } from "./mounts.ts";
import type { Source } from "./read-text.ts";

/** TMPFS_MAGIC, statfs(2). */
const TMPFS_MAGIC = 0x01021994;
/** The folders that a target's files go to. Each that is a file system in RAM of its own is reported. */
const PLACES = ["/", "/run", "/etc", "/etc/kubernetes", "/opt", "/var", "/var/lib"];
const BELOW_VAR = ["/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd", "/var/log"];

type Room = Facts["tmpfs"][number];

/**
 * Room in RAM for what targets write: of each tmpfs, and of each overlay or file system in a file that lies in one, such as the root of a live system.
 * A rehearsal's root counts as tmpfs with the kernel's default size: half of the RAM.
 */
export function readTmpfs(root: string, source: Source, rehearsalMemory: number | undefined): Room[] {
	const seen = new Set<number>();
	return (rehearsalMemory === undefined ? [...PLACES, ...BELOW_VAR] : ["/", "/run"]).flatMap((path) => {
		try {
			const place = `${root === "/" ? "" : root}${path}`;
			const { dev } = statSync(place);
			// A folder of a file system that was told already.
			if (rehearsalMemory === undefined && seen.has(dev)) return [];
			seen.add(dev);
			const found = statfsSync(place);
			const freeBytes = wholeBytes(found.bavail * found.bsize);
			if (rehearsalMemory !== undefined) {
				const totalBytes = wholeBytes(rehearsalMemory / 2);
				return [{ path, totalBytes, freeBytes: Math.min(totalBytes, freeBytes) }];
			}
			if (found.type === TMPFS_MAGIC) return [{ path, totalBytes: wholeBytes(found.blocks * found.bsize), freeBytes }];
			return root === "/" ? inRam(path, source) : [];
		} catch {
			return [];
		}
	});
}

/** What is no tmpfs itself has as much room as the least of all that it lies in. Where the last of them is no tmpfs, nothing is written. */
function inRam(path: string, source: Source): Room[] {
	const mounts = readMounts(source);
	const mount = covering(mounts, path);
	const way = mount && wayToRam(source, mounts, mount);
	if (way?.at(-1)?.type !== "tmpfs") return [];
	const sizes = way.map(({ at }) => statfsSync(at));
	return [
		{
			path,
			totalBytes: wholeBytes(Math.min(...sizes.map(({ blocks, bsize }) => blocks * bsize))),
			freeBytes: wholeBytes(Math.min(...sizes.map(({ bavail, bsize }) => bavail * bsize))),
		},
	];
}
