import { Command, CommanderError } from "commander";
import { Api } from "./api/client.ts";
import { COMMANDS } from "./commands/index.ts";
import { findConnection } from "./configuration/connection.ts";
import { Failure, failureText } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { pathOf } from "./program-path.ts";
import { parseOutput, type Run, type Session } from "./session.ts";
import type { Surroundings } from "./terminal.ts";

const AFTER = `
Where the coordinator is: --server and --token-file, else $ROLLCALL_SERVER and $ROLLCALL_TOKEN_FILE, else the
configuration file ($ROLLCALL_CONFIG or ~/.config/rollcall/config.json), which \`rollcall up\` writes.

Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 coordinator not reached, 4 not found, 5 not in time.

Examples:
  rollcall up                        try it: a coordinator and four rehearsal machines on this computer
  rollcall machines --watch          where the fleet stands
  rollcall why worker-1              why a machine is in its state
  rollcall plan -f cluster.yaml      what would change, file by file`;

/** The whole command line. Nothing runs until \`parseAsync\`. The exit code of what ran comes from \`exitCode()\`. */
export function buildProgram(surroundings: Surroundings): { program: Command; exitCode: () => ExitCode } {
	let exit: ExitCode = EXIT.ok;
	const program = new Command("rollcall")
		.description(
			"Kubernetes on machines without disks: they boot from the network, answer the roll call and take a role.",
		)
		.option("-o, --output <form>", "table or json (what the REST API returns)", parseOutput, "table")
		.option("--server <url>", "the coordinator's address")
		.option("--token-file <file>", "file that holds the API token")
		.option("--context <name>", "a coordinator of the configuration file")
		.option("--no-color", "no colour, also on a terminal")
		.version("0.1.0", "--version")
		.showHelpAfterError("next: `rollcall help` shows what there is")
		.addHelpText("after", AFTER);
	const settings = {
		writeOut: (text: string) => surroundings.out.write(text),
		writeErr: (text: string) => surroundings.err.write(text),
		getOutHelpWidth: () => surroundings.out.size()?.columns ?? 100,
		getErrHelpWidth: () => surroundings.err.size()?.columns ?? 100,
		outputError: (text: string, write: (text: string) => void) => write(text.replace(/^error: /, "rollcall: ")),
	};
	const run: Run = async (command, body) => {
		const options = command.optsWithGlobals();
		const session: Session = {
			...surroundings,
			json: options.output === "json",
			connect: async () => new Api(await findConnection(options, surroundings.env)),
		};
		exit = (await body(session)) ?? EXIT.ok;
	};
	program.exitOverride().configureOutput(settings).configureHelp({ showGlobalOptions: true });
	for (const add of COMMANDS) add(program, run);
	for (const command of walk(program)) {
		command.exitOverride().configureOutput(settings).configureHelp({ showGlobalOptions: true });
		const words = ["rollcall help", ...pathOf(command)].join(" ");
		command.showHelpAfterError(`  next: \`${words}\` shows ${command === program ? "what there is" : "examples"}`);
	}
	return { program, exitCode: () => exit };
}

function walk(command: Command): Command[] {
	return [command, ...command.commands.flatMap(walk)];
}

/** Parses and runs a command line; returns the exit code. Every error ends here, as a text on stderr. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
	const { program, exitCode } = buildProgram(surroundings);
	try {
		await program.parseAsync([...args], { from: "user" });
		return exitCode();
	} catch (error) {
		if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
		if (error instanceof Failure) {
			surroundings.err.write(failureText(error));
			return error.exit;
		}
		const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
		surroundings.err.write(`rollcall: this is a fault of the command itself: ${text}\n`);
		return EXIT.failed;
	}
}
