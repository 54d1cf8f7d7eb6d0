import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { AgentConfig } from "@rollcall/agent";
import { BootId, Mac, messageOf, Name } from "@rollcall/protocol";
import { z } from "zod";

/** How the rehearsal was asked for; see `REHEARSE_USAGE`. Memory in bytes. */
export interface RehearseOptions {
	readonly root: string;
	/** The agent's program. */
	readonly agent: string;
	readonly machine: string;
	readonly loopback: string;
	readonly coordinators: readonly string[];
	readonly signers: readonly string[];
	readonly authorityFile: string | undefined;
	readonly tokenFile: string | undefined;
	readonly bootId: string | undefined;
	readonly uuid: string | undefined;
	readonly serial: string | undefined;
	readonly tpm: string | undefined;
	readonly macs: readonly string[];
	readonly memoryBytes: number;
	readonly cpus: number;
	/** Programs that run in place of containers of static pods, by the container's name. */
	readonly programs: ReadonlyMap<string, string>;
	readonly agentRestart: boolean;
	readonly tetherStdin: boolean;
	readonly rejoinAfterSeconds: number | undefined;
	readonly logLevel: AgentConfig["logLevel"];
}

/** A command line that cannot be read; the message names the option. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}

export const REHEARSE_USAGE = `usage: rollcall-rehearsal machine --agent FILE --root DIR --machine NAME --loopback 127.X.Y.Z --coordinator URL... --signer KEY...
         --agent FILE            the agent's program, or a script of it for this Node
         --signer KEY            the public nkey of the fleet (\`rollcall status -o json\`: signers)
         [--authority-file FILE] certificate of the authority that the coordinators' are by, PEM
         [--token-file FILE]     one-time token; copied below the root. Needed for a new boot
         [--boot-id UUID]        of a new boot (default: a random one)
         [--memory BYTES|8GiB] [--cpus N] [--uuid UUID] [--serial TEXT] [--tpm SOCKET] [--mac MAC]...
         [--run CONTAINER=FILE]... a program that runs in place of a static pod's container
         [--no-agent-restart]    leave the agent dead when it dies
         [--tether-stdin]        end when standard input ends
         [--rejoin-after SECONDS] without the bus, before the agent enrolls again (default: 30)
         [--log-level debug|info|warn|error]
exit codes: 0 stopped, 1 cannot go on, 2 wrong usage, 75 rebooting: start again with a fresh token
`;

const Loopback = z.ipv4().startsWith("127.", "a loopback address begins with 127.");
const SCHEMA = z.strictObject({
	root: z.string().min(2),
	agent: z.string().min(1),
	machine: Name,
	loopback: Loopback,
	coordinator: AgentConfig.shape.coordinators,
	signer: AgentConfig.shape.signers,
	"authority-file": z.string().optional(),
	"token-file": z.string().optional(),
	"boot-id": BootId.optional(),
	memory: z
		.string()
		.regex(/^[1-9]\d{0,15}(?:[KMGT]iB)?$/, "a size is bytes, or like 8GiB")
		.default("8GiB"),
	cpus: z.coerce.number().int().min(1).max(1024).default(2),
	uuid: z.uuid().toLowerCase().optional(),
	serial: z.string().min(1).max(64).optional(),
	tpm: AgentConfig.shape.tpm,
	mac: z.array(Mac).max(16).default([]),
	run: z
		.array(z.string().regex(/^[a-z0-9-]{1,63}=./, "a program is CONTAINER=FILE"))
		.max(16)
		.default([]),
	"no-agent-restart": z.boolean().default(false),
	"tether-stdin": z.boolean().default(false),
	"rejoin-after": z.coerce.number().pipe(AgentConfig.shape.rejoinAfterSeconds.unwrap()).optional(),
	"log-level": AgentConfig.shape.logLevel,
});

/** Reads the words after `machine`. Throws UsageError. */
export function parseRehearseOptions(argv: readonly string[]): RehearseOptions {
	const text = { type: "string" } as const;
	const [list, flag] = [{ type: "string", multiple: true } as const, { type: "boolean" } as const];
	let values: unknown;
	try {
		({ values } = parseArgs({
			args: [...argv],
			options: {
				root: text,
				agent: text,
				machine: text,
				loopback: text,
				coordinator: list,
				signer: list,
				"authority-file": text,
				"token-file": text,
				"boot-id": text,
				memory: text,
				cpus: text,
				uuid: text,
				serial: text,
				tpm: text,
				mac: list,
				run: list,
				"no-agent-restart": flag,
				"tether-stdin": flag,
				"rejoin-after": text,
				"log-level": text,
			},
		}));
	} catch (error) {
		throw new UsageError(messageOf(error));
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
		root: resolve(data.root),
		agent: resolve(data.agent),
		machine: data.machine,
		loopback: data.loopback,
		coordinators: data.coordinator,
		signers: data.signer,
		authorityFile: data["authority-file"],
		tokenFile: data["token-file"],
		bootId: data["boot-id"],
		uuid: data.uuid,
		serial: data.serial,
		tpm: data.tpm,
		macs: data.mac,
		memoryBytes: parseSize(data.memory),
		cpus: data.cpus,
		programs: new Map(data.run.map(programOf)),
		agentRestart: !data["no-agent-restart"],
		tetherStdin: data["tether-stdin"],
		rejoinAfterSeconds: data["rejoin-after"],
		logLevel: data["log-level"],
	};
}

/** `etcd=./program` as the container's name and the program's place. */
function programOf(text: string): [container: string, file: string] {
	const at = text.indexOf("=");
	return [text.slice(0, at), resolve(text.slice(at + 1))];
}

/** `4GiB` in bytes. */
function parseSize(text: string): number {
	const power = ["", "KiB", "MiB", "GiB", "TiB"].indexOf(text.replace(/^\d+/, ""));
	return Number.parseInt(text, 10) * 1024 ** power;
}
