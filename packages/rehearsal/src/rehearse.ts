import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AgentConfig, whenStdinEnds } from "@rollcall/agent";
import { messageOf, systemReason } from "@rollcall/protocol";
import { createAgentLog } from "./machine/agent-log.ts";
import { startAgent } from "./machine/agent-process.ts";
import { addressOf, identityOf, interfacesOf, type RehearsedMachine } from "./machine/machine.ts";
import { startMachine } from "./machine/machine-process.ts";
import { bootIdBelow, emptyRoot, fillRoot, newBootId, writeSecret } from "./machine/root-folder.ts";
import { parseRehearseOptions, REHEARSE_USAGE, type RehearseOptions, UsageError } from "./options.ts";

/** Exit codes: stopped; cannot go on; wrong usage; rebooting, start again with a fresh token. */
const EXIT = { stopped: 0, failed: 1, usage: 2, reboot: 75 } as const;

const CONFIG_PATH = "etc/rollcall/agent.json";
const TOKEN_PATH = "run/rollcall/token";

/**
 * Rehearses one machine: makes its root folder, stands in for its systemd, containerd and kubelet, and runs its agent.
 * Resolves with the exit code when it was stopped (SIGTERM, SIGINT, end of a tethering standard input) or asked to reboot.
 * A reboot empties the root and ends with 75: whoever started the rehearsal starts it again, with a fresh token, as the
 * iPXE script of a machine would bring one.
 */
export async function rehearse(argv: readonly string[]): Promise<number> {
	if (argv.includes("--help") || argv.includes("-h")) {
		process.stdout.write(REHEARSE_USAGE);
		return 0;
	}
	let options: RehearseOptions;
	try {
		options = parseRehearseOptions(argv);
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		process.stderr.write(`rollcall-rehearsal machine: ${error.message}\n${REHEARSE_USAGE}`);
		return EXIT.usage;
	}
	try {
		return await runMachine(options);
	} catch (error) {
		const words = messageOf(error);
		process.stderr.write(`rollcall-rehearsal machine: machine ${options.machine}: ${words}\n`);
		return EXIT.failed;
	}
}

async function runMachine(options: RehearseOptions): Promise<number> {
	const { root, loopback } = options;
	// From here on: an end that is asked for before everything runs must not be missed.
	const { promise: end, resolve: endWith } = Promise.withResolvers<number>();
	for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => endWith(EXIT.stopped));
	if (options.tetherStdin) whenStdinEnds(() => endWith(EXIT.stopped));

	const present = await bootIdBelow(root);
	const token = await readToken(options, present !== undefined);
	const machine = describe(options, present ?? options.bootId ?? newBootId());
	await fillRoot(root, machine);
	const started = await startMachine({
		root,
		name: options.machine,
		loopback,
		bootId: machine.bootId,
		programs: options.programs,
		onReboot: () => endWith(EXIT.reboot),
	});
	if (token !== undefined) await writeSecret(root, TOKEN_PATH, token);
	const config: AgentConfig = AgentConfig.parse({
		coordinators: options.coordinators,
		signers: [...options.signers],
		...(await authorityOf(options)),
		tokenFile: join(root, TOKEN_PATH),
		root,
		...(options.tpm === undefined ? {} : { tpm: options.tpm }),
		...(options.rejoinAfterSeconds === undefined ? {} : { rejoinAfterSeconds: options.rejoinAfterSeconds }),
		logLevel: options.logLevel,
		rehearsal: { loopback, socket: started.socketPath, interfaces: interfacesOf(machine) },
	});
	await writeSecret(root, CONFIG_PATH, `${JSON.stringify(config, null, "\t")}\n`);
	const toFile = createAgentLog(root, (line) => process.stderr.write(`${options.machine}: ${line}\n`));
	const agent = startAgent({
		command: [...agentProgram(options.agent), "run", "--config", join(root, CONFIG_PATH)],
		restart: options.agentRestart,
		onLine(line) {
			toFile(line);
			started.log("rollcall-agent.service", line);
		},
	});
	const code = await end;
	await Promise.all([agent.stop(), started.stop()]);
	if (code === EXIT.reboot) await emptyRoot(root);
	return code;
}

/** How the agent is started: a program as it is, a script by the Node of this process. */
function agentProgram(file: string): [program: string, ...words: string[]] {
	return /\.[cm]?[jt]s$/.test(file) ? [process.execPath, file] : [file];
}

/** Whom the agent is to believe, from the file that has it. */
async function authorityOf({ authorityFile }: RehearseOptions): Promise<{ authority?: string }> {
	if (authorityFile === undefined) return {};
	try {
		return { authority: await readFile(authorityFile, "utf8") };
	} catch (error) {
		throw new Error(`the authority's file ${authorityFile} cannot be read (${systemReason(error)})`);
	}
}

/** The token for a new boot; for a boot that goes on it may be used up and gone. */
async function readToken({ tokenFile }: RehearseOptions, sameBoot: boolean): Promise<string | undefined> {
	if (tokenFile === undefined) {
		if (sameBoot) return undefined;
		throw new Error("a new boot needs a one-time token; name its file with --token-file");
	}
	try {
		return await readFile(tokenFile, "utf8");
	} catch (error) {
		if (sameBoot) return undefined;
		const { code } = error as NodeJS.ErrnoException;
		throw new Error(`the token file ${tokenFile} cannot be read (${code ?? "unknown error"})`);
	}
}

function describe(options: RehearseOptions, bootId: string): RehearsedMachine {
	const identity = identityOf(options.machine);
	return {
		name: options.machine,
		bootId,
		uuid: options.uuid ?? identity.uuid,
		serial: options.serial ?? identity.serial,
		macs: options.macs.length === 0 ? [identity.mac] : options.macs,
		address: addressOf(options.loopback),
		cpus: options.cpus,
		memoryBytes: options.memoryBytes,
	};
}
