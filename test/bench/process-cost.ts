import { readdirSync, readFileSync } from "node:fs";

/** What a process has used up so far. */
export interface Cost {
	/** User and system time, in milliseconds (proc(5), `stat`: ticks of 10 ms). */
	readonly cpuMs: number;
	/** What it caused to be written to a disk (proc(5), `io`). */
	readonly writtenBytes: number;
	readonly residentBytes: number;
}

const TICK_MS = 10;

/** Reads the cost of a live process. Throws when it is gone. */
export function costOf(pid: number): Cost {
	const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
	// The name of the program may hold spaces; it ends with the last parenthesis. utime and stime are fields 14 and 15.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	const io = readFileSync(`/proc/${pid}/io`, "utf8");
	return {
		cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
		writtenBytes: Number(/^write_bytes: (\d+)$/m.exec(io)?.[1] ?? 0),
		residentBytes: kibibytes(`/proc/${pid}/status`, "VmRSS") * 1024,
	};
}

/** Time on a processor of all threads together, in milliseconds (proc(5), `schedstat`: nanoseconds). 0 when it is gone. */
export function cpuMsOf(pid: number): number {
	try {
		const threads = readdirSync(`/proc/${pid}/task`);
		const times = threads.map((thread) =>
			Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
		);
		return times.reduce((sum, time) => sum + time, 0) / 1e6;
	} catch {
		return 0;
	}
}

/** Memory of a process that is its own and not backed by a file, in bytes (proc(5), `smaps_rollup`). */
export function anonymousBytes(pid: number): number {
	return kibibytes(`/proc/${pid}/smaps_rollup`, "Anonymous") * 1024;
}

function kibibytes(file: string, field: string): number {
	return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(file, "utf8"))?.[1] ?? 0);
}
