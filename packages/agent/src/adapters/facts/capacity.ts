import { statfsSync } from "node:fs";
import type { Facts } from "@rollcall/protocol";
import { oneLine, type Source } from "./read-text.ts";

/** TMPFS_MAGIC, statfs(2). */
const TMPFS_MAGIC = 0x01021994;

/** Processors from /proc/cpuinfo (proc(5)); arm64 names no model there. */
export function readCpu(source: Source): Facts["cpu"] {
	const text = source.text("/proc/cpuinfo") ?? "";
	const count = text.match(/^processor\s*:/gm)?.length ?? 0;
	const arch = process.arch === "x64" || process.arch === "arm64" ? process.arch : "other";
	const model = oneLine(text.match(/^model name[^\S\n]*:(.*)$/m)?.[1]) ?? "";
	return { count: Math.min(Math.max(count, 1), 65536), model, arch };
}

/** RAM from /proc/meminfo (proc(5)), which counts in KiB. */
export function readMemory(source: Source): Facts["memory"] {
	const text = source.text("/proc/meminfo") ?? "";
	const field = (name: string) =>
		wholeBytes(Number(text.match(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m"))?.[1] ?? 0) * 1024);
	return { totalBytes: field("MemTotal"), availableBytes: field("MemAvailable") };
}

/** Room on the tmpfs file systems that targets go to. A rehearsal's root counts as tmpfs with the kernel's default size: half of the RAM. */
export function readTmpfs(root: string, rehearsalMemory: number | undefined): Facts["tmpfs"] {
	return ["/", "/run"].flatMap((path) => {
		try {
			const found = statfsSync(`${root === "/" ? "" : root}${path}`);
			const freeBytes = wholeBytes(found.bavail * found.bsize);
			if (rehearsalMemory !== undefined) {
				const totalBytes = wholeBytes(rehearsalMemory / 2);
				return [{ path, totalBytes, freeBytes: Math.min(totalBytes, freeBytes) }];
			}
			return found.type === TMPFS_MAGIC
				? [{ path, totalBytes: wholeBytes(found.blocks * found.bsize), freeBytes }]
				: [];
		} catch {
			return [];
		}
	});
}

function wholeBytes(bytes: number): number {
	return Number.isFinite(bytes) ? Math.min(Math.max(0, Math.floor(bytes)), Number.MAX_SAFE_INTEGER) : 0;
}
