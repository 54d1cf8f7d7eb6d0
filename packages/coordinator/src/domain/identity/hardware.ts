import type { Facts } from "@rollcall/protocol";

/** What selectors ask of a machine's hardware, by what it said of itself. `memoryBytes`: all of its memory. */
export interface Hardware {
	readonly arch: Facts["cpu"]["arch"];
	readonly cpus: number;
	readonly memoryBytes: number;
	readonly vendor?: string | undefined;
	readonly product?: string | undefined;
}

/** Kernels keep more or less of the memory for themselves: so much more than before is the same memory. */
const SAME_MEMORY = 17 / 16;

/** A machine as it says that it is, and as it was approved. */
interface Approved {
	readonly facts: Facts;
	readonly approvedHardware?: Hardware | undefined;
}

/** The hardware in a machine's facts. */
export function hardwareOf({ cpu, memory, smbios }: Facts): Hardware {
	const { vendor, product } = smbios;
	return {
		arch: cpu.arch,
		cpus: cpu.count,
		memoryBytes: memory.totalBytes,
		...(vendor === undefined ? {} : { vendor }),
		...(product === undefined ? {} : { product }),
	};
}

/**
 * How a machine's hardware exceeds, or differs from, the hardware that a person approved, in words; undefined where it is the same or less, or
 * no person approved it.
 */
export function beyondApproved({ approvedHardware: approved, facts }: Approved): string | undefined {
	if (!approved) return undefined;
	const now = hardwareOf(facts);
	if (now.arch !== approved.arch) return `its CPU is ${now.arch}, and was ${approved.arch}`;
	if (now.cpus > approved.cpus) return `it has ${now.cpus} CPUs, and had ${approved.cpus}`;
	if (now.memoryBytes > approved.memoryBytes * SAME_MEMORY)
		return `it has ${mebibytes(now.memoryBytes)} MiB of memory, and had ${mebibytes(approved.memoryBytes)}`;
	if (now.vendor !== approved.vendor || now.product !== approved.product) return "its vendor or product is another one";
	return undefined;
}

/** Whole MiB. */
export function mebibytes(bytes: number): number {
	return Math.floor(bytes / 1024 / 1024);
}
