import { Command, CommanderError, type Help, type Option } from "commander";
import { COMMANDS } from "./commands/index.ts";
import { Failure, usageFailure } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { pathOf } from "./program-path.ts";
import { parseOutput, type Run, type Session, tellFailure } from "./session.ts";
import { type Surroundings, tell } from "./terminal.ts";
import { durationText } from "./text/duration.ts";
import { fitParagraphs } from "./text/paragraphs.ts";
import { usageWords } from "./text/usage-words.ts";

/** Below every help; `docs/commands.md` has them as a table. */
const EXIT_CODES = `
Exit codes: 0 done, 1 failed or refused, 2 wrong usage, configuration or file, 3 coordinator not reached, 4 not found, 5 not in
time, 10 plan --exit-code: there are changes, 130 interrupted.`;

const AFTER = `
Where the coordinator is: --server, --token-file and --ca-file, else $ROLLCALL_SERVER, $ROLLCALL_TOKEN_FILE and
$ROLLCALL_CA_FILE, else the configuration file ($ROLLCALL_CONFIG or ~/.config/rollcall/config.json), which \`rollcall up\` writes.

Examples:
  rollcall up                        try it: a coordinator and four rehearsal machines on this computer
  rollcall machines --watch          where the fleet stands
  rollcall why worker-1              why a machine is in its state
  rollcall plan -f cluster.yaml      what would change, file by file`;

/** Descriptions are broken into lines also where little room is left for them. Options of a command are not those of the commands below it. */
const HELP = { showGlobalOptions: true, minWidthToWrap: 20, visibleGlobalOptions: optionsOfRoot };

/** A command line, ready to be parsed. */
interface Program {
	readonly program: Command;
	/** The exit code of what ran. */
	readonly exitCode: () => ExitCode;
	/** What is wrong with the command line, once it was parsed. */
	readonly wrong: () => Failure | undefined;
}

/** The program with these commands; with all of them where none is named. Nothing runs until it parses. */
export async function buildProgram(
	surroundings: Surroundings,
	names: readonly string[] = Object.keys(COMMANDS),
	jsonErrors = false,
): Promise<Program> {
	let exit: ExitCode = EXIT.ok;
	let wrong: string | undefined;
	let next: string | undefined;
	const program = new Command("rollcall")
		.description(
			"Kubernetes on machines without disks: they boot from the network, answer the roll call and take a role.",
		)
		.option(
			"-o, --output <form>",
			"table, json (what the REST API returns); machines: also wide, name",
			parseOutput,
			"table",
		)
		.option("--server <url>", "the coordinator's address")
		.option("--token-file <file>", "file that holds the API token")
		.option("--ca-file <file>", "certificate of the authority that the coordinator's is by, PEM")
		.option("--context <name>", "a coordinator of the configuration file")
		.option("--no-color", "no colour, also on a terminal")
		.version("0.1.0", "--version")
		.showHelpAfterError("next: `rollcall help` shows what there is")
		.addHelpText("after", AFTER);
	const settings = {
		writeOut: (text: string) => surroundings.out.write(fitParagraphs(text, surroundings.out.size()?.columns)),
		// Below an error stands what to do next; anything else is the help of a command that lacks its second word.
		writeErr: (text: string) => {
			if (wrong !== undefined) next = text.trim().replace(/^next: /, "");
			else if (!jsonErrors) surroundings.err.write(fitParagraphs(text, surroundings.err.size()?.columns));
		},
		getOutHelpWidth: () => surroundings.out.size()?.columns ?? 100,
		getErrHelpWidth: () => surroundings.err.size()?.columns ?? 100,
		outputError: (text: string) => {
			wrong = usageWords(text);
		},
	};
	const run: Run = async (command, body) => {
		const options = command.optsWithGlobals();
		const session: Session = {
			...surroundings,
			form: options.output,
			json: options.output === "json",
			connect: async (how) => {
				const [{ Api }, { findConnection }, { asSignedIn }] = await Promise.all([
					import("./api/client.ts"),
					import("./configuration/connection.ts"),
					import("./api/signed-in.ts"),
				]);
				const wanted = { ...options, ...how };
				const { env } = surroundings;
				return new Api(
					await asSignedIn(await findConnection(wanted, env), wanted, env),
					async (connection, introduced) => {
						const { keepIntroduced } = await import("./configuration/introduced.ts");
						return keepIntroduced(connection, introduced, { env, tell: (text) => tell(surroundings.err, text) });
					},
				);
			},
		};
		exit = (await body(session)) ?? EXIT.ok;
	};
	program.exitOverride().configureOutput(settings).configureHelp(HELP);
	for (const add of await Promise.all(names.map((name) => COMMANDS[name]?.()))) add?.(program, run);
	for (const command of walk(program)) {
		command.exitOverride().configureOutput(settings).configureHelp(HELP);
		// `rollcall help` is the one that there is.
		command.helpCommand(false).addHelpText("after", EXIT_CODES);
		const words = ["rollcall help", ...pathOf(command)].join(" ");
		for (const option of command.options) {
			const { defaultValue, flags } = option;
			if (flags.includes("<time>") && typeof defaultValue === "number")
				option.defaultValueDescription = durationText(defaultValue * 1000);
		}
		command.showHelpAfterError(`  next: \`${words}\` shows ${command === program ? "what there is" : "examples"}`);
	}
	return { program, exitCode: () => exit, wrong: () => (wrong === undefined ? undefined : usageFailure(wrong, next)) };
}

function optionsOfRoot(this: Help, command: Command): Option[] {
	return command.parent ? this.visibleOptions(rootOf(command)).filter(({ long }) => long !== "--help") : [];
}

function rootOf(command: Command): Command {
	return command.parent ? rootOf(command.parent) : command;
}

function walk(command: Command): Command[] {
	return [command, ...command.commands.flatMap(walk)];
}

/** Commands that tell about the others. */
const NEED_ALL = ["help", "completion"];
/** Options of the program itself that take a value. */
const WITH_VALUE = ["-o", "--output", "--server", "--token-file", "--ca-file", "--context"];

/** The commands that a command line can reach: the one it calls. Undefined for all of them, which a help or a guess needs. */
function namesIn(args: readonly string[]): string[] | undefined {
	if (args.length === 1 && args[0] === "--version") return [];
	const first = args.find((word, index) => !word.startsWith("-") && !WITH_VALUE.includes(args[index - 1] ?? ""));
	return first !== undefined && Object.hasOwn(COMMANDS, first) && !NEED_ALL.includes(first) ? [first] : undefined;
}

/** True when a command line asks for JSON, also one that is wrong elsewhere. */
function asksForJson(args: readonly string[]): boolean {
	return args.some((word, index) => {
		const value = /^(?:-o|--output=)(.+)$/.exec(word)?.[1] ?? (/^(?:-o|--output)$/.test(word) ? args[index + 1] : "");
		return value === "json";
	});
}

/** A wrong command line that says no next step: the help of the command that was meant. */
function withHelp(failure: Failure, args: readonly string[]): Failure {
	if (failure.exit !== EXIT.usage || failure.next !== undefined) return failure;
	const words = ["rollcall help", ...(namesIn(args) ?? [])].join(" ");
	return usageFailure(failure.message, `\`${words}\` shows examples`, failure.details);
}

/** Parses and runs a command line; returns the exit code. Every error ends here, as a text on stderr. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
	const jsonErrors = asksForJson(args);
	const { program, exitCode, wrong } = await buildProgram(surroundings, namesIn(args), jsonErrors);
	const tell = (failure: Failure) => {
		const told = withHelp(failure, args);
		tellFailure({ err: surroundings.err, json: jsonErrors }, told);
		return told.exit;
	};
	try {
		await program.parseAsync([...args], { from: "user" });
		return exitCode();
	} catch (error) {
		if (error instanceof CommanderError) {
			if (error.exitCode === 0) return EXIT.ok;
			const half = jsonErrors ? usageFailure("the command is not whole") : undefined;
			const failure = wrong() ?? half;
			return failure ? tell(failure) : EXIT.usage;
		}
		if (error instanceof Failure) return tell(error);
		const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
		if (jsonErrors) return tell(new Failure(`this is a fault of the command itself: ${text}`, { next: "report it" }));
		surroundings.err.write(`rollcall: this is a fault of the command itself: ${text}\n`);
		return EXIT.failed;
	}
}
