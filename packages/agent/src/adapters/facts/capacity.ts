import type { Facts } from "@rollcall/protocol";
import { oneLine, type Source } from "./read-text.ts";

/** Processors from /proc/cpuinfo (proc(5)); arm64 names no model there. */
export function readCpu(source: Source): Facts["cpu"] {
	const text = source.text("/proc/cpuinfo") ?? "";
	const count = text.match(/^processor\s*:/gm)?.length ?? 0;
	const arch = process.arch === "x64" || process.arch === "arm64" ? process.arch : "other";
	const model = oneLine(text.match(/^model name[^\S\n]*:(.*)$/m)?.[1]) ?? "";
	return { count: Math.min(Math.max(count, 1), 65536), model, arch };
}

/** RAM, swap and huge pages from /proc/meminfo, which counts in KiB, and /proc/swaps (proc(5)). */
export function readMemory(source: Source): Facts["memory"] {
	const text = source.text("/proc/meminfo") ?? "";
	const number = (name: string, unit = "") =>
		Number(text.match(new RegExp(`^${name}:\\s*(\\d+)${unit}$`, "m"))?.[1] ?? 0);
	const field = (name: string) => wholeBytes(number(name, " kB") * 1024);
	// Hugetlb counts the pages of all sizes; kernels before 4.17 tell those of the usual size only.
	const hugePages = field("Hugetlb") || wholeBytes(number("HugePages_Total") * field("Hugepagesize"));
	const told = { swapBytes: field("SwapTotal"), zramBytes: readZram(source), hugePagesBytes: hugePages };
	return {
		totalBytes: field("MemTotal"),
		availableBytes: field("MemAvailable"),
		...Object.fromEntries(Object.entries(told).filter(([, size]) => size > 0)),
	};
}

/** `Filename Type Size Used Priority`, sizes in KiB. */
function readZram(source: Source): number {
	const lines = (source.text("/proc/swaps") ?? "").split("\n").map((line) => line.trim().split(/\s+/));
	const zram = lines.filter(([name = ""]) => /^\/dev\/(?:block\/)?zram\d+$/.test(name));
	return wholeBytes(zram.reduce((sum, [, , size = ""]) => sum + (Number(size) || 0) * 1024, 0));
}

/** A size that can be told. */
export function wholeBytes(bytes: number): number {
	return Number.isFinite(bytes) ? Math.min(Math.max(0, Math.floor(bytes)), Number.MAX_SAFE_INTEGER) : 0;
}
