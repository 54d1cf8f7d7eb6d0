import { isAbsolute, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BootId, Mac, Name } from "@rollcall/protocol";
import { z } from "zod";
import { AgentConfig } from "../../config.ts";

/** How the rehearsal was asked for; see `REHEARSE_USAGE`. Memory in bytes. */
export interface RehearseOptions {
	readonly root: string;
	readonly machine: string;
	readonly loopback: string;
	readonly coordinators: readonly string[];
	readonly tokenFile: string | undefined;
	readonly bootId: string | undefined;
	readonly uuid: string | undefined;
	readonly serial: string | undefined;
	readonly macs: readonly string[];
	readonly memoryBytes: number;
	readonly cpus: number;
	readonly agentRestart: boolean;
	readonly tetherStdin: boolean;
	readonly rejoinAfterSeconds: number | undefined;
	readonly logLevel: AgentConfig["logLevel"];
}

/** A command line that cannot be read; the message names the option. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}

export const REHEARSE_USAGE = `usage: rollcall-agent rehearse --root DIR --machine NAME --loopback 127.X.Y.Z --coordinator URL...
         [--token-file FILE]     one-time token; copied below the root. Needed for a new boot
         [--boot-id UUID]        of a new boot (default: a random one)
         [--memory BYTES|8GiB] [--cpus N] [--uuid UUID] [--serial TEXT] [--mac MAC]...
         [--no-agent-restart]    leave the agent dead when it dies
         [--tether-stdin]        end when standard input ends
         [--rejoin-after SECONDS] without the bus, before the agent enrolls again (default: 30)
         [--log-level debug|info|warn|error]
exit codes: 0 stopped, 1 cannot go on, 2 wrong usage, 75 rebooting: start again with a fresh token
`;

const Loopback = z.ipv4().startsWith("127.", "a loopback address begins with 127.");
const SCHEMA = z.strictObject({
	root: z.string().min(2),
	machine: Name,
	loopback: Loopback,
	coordinator: AgentConfig.shape.coordinators,
	"token-file": z.string().optional(),
	"boot-id": BootId.optional(),
	memory: z
		.string()
		.regex(/^[1-9]\d{0,15}(?:[KMGT]iB)?$/, "a size is bytes, or like 8GiB")
		.default("8GiB"),
	cpus: z.coerce.number().int().min(1).max(1024).default(2),
	uuid: z.uuid().toLowerCase().optional(),
	serial: z.string().min(1).max(64).optional(),
	mac: z.array(Mac).max(16).default([]),
	"no-agent-restart": z.boolean().default(false),
	"tether-stdin": z.boolean().default(false),
	"rejoin-after": z.coerce.number().pipe(AgentConfig.shape.rejoinAfterSeconds.unwrap()).optional(),
	"log-level": AgentConfig.shape.logLevel,
});

/** Reads the words after `rehearse`. Throws UsageError. */
export function parseRehearseOptions(argv: readonly string[]): RehearseOptions {
	const text = { type: "string" } as const;
	const [list, flag] = [{ type: "string", multiple: true } as const, { type: "boolean" } as const];
	let values: unknown;
	try {
		({ values } = parseArgs({
			args: [...argv],
			options: {
				root: text,
				machine: text,
				loopback: text,
				coordinator: list,
				"token-file": text,
				"boot-id": text,
				memory: text,
				cpus: text,
				uuid: text,
				serial: text,
				mac: list,
				"no-agent-restart": flag,
				"tether-stdin": flag,
				"rejoin-after": text,
				"log-level": text,
			},
		}));
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error));
	}
	const read = SCHEMA.safeParse(values);
	if (!read.success) {
		const [issue] = read.error.issues;
		const name = String(issue?.path[0] ?? "");
		const given = name in (values as object);
		throw new UsageError(given ? `--${name}: ${issue?.message ?? ""}` : `--${name} is missing`);
	}
	const { data } = read;
	return {
		root: isAbsolute(data.root) ? resolve(data.root) : resolve(process.cwd(), data.root),
		machine: data.machine,
		loopback: data.loopback,
		coordinators: data.coordinator,
		tokenFile: data["token-file"],
		bootId: data["boot-id"],
		uuid: data.uuid,
		serial: data.serial,
		macs: data.mac,
		memoryBytes: parseSize(data.memory),
		cpus: data.cpus,
		agentRestart: !data["no-agent-restart"],
		tetherStdin: data["tether-stdin"],
		rejoinAfterSeconds: data["rejoin-after"],
		logLevel: data["log-level"],
	};
}

/** `4GiB` in bytes. */
function parseSize(text: string): number {
	const power = ["", "KiB", "MiB", "GiB", "TiB"].indexOf(text.replace(/^\d+/, ""));
	return Number.parseInt(text, 10) * 1024 ** power;
}
