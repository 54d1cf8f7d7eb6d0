import { parseArgs } from "node:util";

export const LAB_USAGE = `npm run lab -- [--nodes N] [--until ready] [--timeout 10m] [--console lab-1]... [--memory MIB] [--accel kvm|tcg]

Boots machines without disks from a coordinator: QEMU, the real iPXE, Ignition and systemd. Ctrl-C ends all of it.

  --nodes N         how many machines, 1 to 200; 3 without it
  --until ready     end with 0 when all are ready, with 1 and the reason when they are not by --timeout, or a QEMU ended
  --timeout TIME    like 90s or 10m; 10m without it
  --console NAME    show this machine's console, too; can be repeated. In a terminal, keys 1 to 9 show one, 0 goes back
  --memory MIB      of each machine; 2048 without it, which is about what a worker needs
  --accel KIND      kvm or tcg, where the lab's own choice is not wanted
`;

/** What the lab's command was told. */
export interface LabOptions {
	readonly nodes: number;
	readonly until: "ready" | undefined;
	readonly timeoutMs: number;
	readonly consoles: readonly string[];
	readonly memoryMiB: number | undefined;
	readonly acceleration: "kvm" | "tcg" | undefined;
}

/** The command line is wrong; the message says where. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}

/** Reads the words behind the command; undefined when help was asked for. Throws UsageError. */
export function readLabOptions(words: readonly string[]): LabOptions | undefined {
	const values = parsed(words);
	if (values.help) return undefined;
	const { until, accel, console = [] } = values;
	if (until !== undefined && until !== "ready") throw new UsageError(`--until ${until}: it can be ready`);
	if (accel !== undefined && accel !== "kvm" && accel !== "tcg") throw new UsageError(`--accel ${accel}: kvm or tcg`);
	const nodes = whole("--nodes", values.nodes ?? "3", 200);
	const names = Array.from({ length: nodes }, (_, index) => `lab-${index + 1}`);
	const unknown = console.find((name) => !names.includes(name));
	if (unknown !== undefined) throw new UsageError(`--console ${unknown}: the machines are ${names.join(", ")}`);
	return {
		nodes,
		until,
		timeoutMs: duration(values.timeout ?? "10m"),
		consoles: console,
		memoryMiB: values.memory === undefined ? undefined : whole("--memory", values.memory, 1024 * 1024),
		acceleration: accel,
	};
}

function parsed(words: readonly string[]) {
	const text = { type: "string" } as const;
	try {
		return parseArgs({
			args: [...words],
			options: {
				nodes: text,
				until: text,
				timeout: text,
				console: { type: "string", multiple: true },
				memory: text,
				accel: text,
				help: { type: "boolean", short: "h" },
			},
		}).values;
	} catch (error) {
		throw new UsageError((error as Error).message);
	}
}

function whole(option: string, text: string, most: number): number {
	const number = Number(text);
	if (!/^\d+$/.test(text) || number < 1 || number > most)
		throw new UsageError(`${option} ${text}: a whole number from 1 to ${most}`);
	return number;
}

function duration(text: string): number {
	const [, number = "", unit = ""] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
	if (number === "") throw new UsageError(`--timeout ${text}: like 90s, 10m or 1h`);
	return Number(number) * { s: 1000, m: 60_000, h: 3_600_000 }[unit as "s" | "m" | "h"];
}
