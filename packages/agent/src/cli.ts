import { parseArgs } from "node:util";
import { messageOf } from "@rollcall/protocol";
import { run } from "./run.ts";
import { VERSION } from "./version.ts";

const HELP = `rollcall-agent: answers the roll call for one machine

  rollcall-agent run --config FILE   run as this machine's agent
  rollcall-agent --version           print the version
  rollcall-agent --help              print this
`;

/** Runs the command line (without program names). Returns the exit code: 0 done, 1 failed, 2 wrong usage, 75 start again. */
export async function main(argv: readonly string[]): Promise<number> {
	let options: { config?: string | undefined; version?: boolean | undefined; help?: boolean | undefined };
	let words: string[];
	try {
		const parsed = parseArgs({
			args: [...argv],
			allowPositionals: true,
			options: { config: { type: "string" }, version: { type: "boolean" }, help: { type: "boolean", short: "h" } },
		});
		options = parsed.values;
		words = parsed.positionals;
	} catch (error) {
		return usage(messageOf(error));
	}
	if (options.help) return print(HELP);
	if (options.version) return print(`${VERSION}\n`);
	if (words.length !== 1 || words[0] !== "run") return usage(`unknown command ${JSON.stringify(words.join(" "))}`);
	if (options.config === undefined) return usage("run needs --config FILE");
	return await run(options.config);
}

function print(text: string): number {
	process.stdout.write(text);
	return 0;
}

function usage(message: string): number {
	process.stderr.write(`rollcall-agent: ${message}\n${HELP}`);
	return 2;
}
