import { parseArgs } from "node:util";
import { z } from "zod";
import { run } from "./run.ts";
import { VERSION } from "./version.ts";

const HELP = `rollcall-agent: answers the roll call for one machine

  rollcall-agent run --config FILE   run as this machine's agent
  rollcall-agent rehearse ...        stand in for a machine (see rehearse --help)
  rollcall-agent stand-in-kubelet ...
                                     stand in for kubelet alone, with kubelet's flags
  rollcall-agent --version           print the version
  rollcall-agent --help              print this
`;

/** Runs the command line (without program names). Returns the exit code: 0 done, 1 failed, 2 wrong usage, 75 start again. */
export async function main(argv: readonly string[]): Promise<number> {
	// zod would make and compile source for every schema: worth it for thousands of messages, not for an agent's few.
	z.config({ jitless: true });
	const [command, ...rest] = argv;
	// What a machine's agent does not need is not even loaded: it starts in a fraction of a second, or all machines wait.
	if (command === "rehearse") return await (await import("./rehearse.ts")).rehearse(rest);
	if (command === "stand-in-kubelet") return await (await import("./rehearse.ts")).standInKubelet(rest);
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
		return usage(error instanceof Error ? error.message : String(error));
	}
	if (options.help) return print(HELP);
	if (options.version) return print(`${VERSION}\n`);
	if (words.length !== 1 || words[0] !== "run") return usage(`unknown command ${JSON.stringify(words.join(" "))}`);
	if (options.config === undefined) return usage("run needs --config FILE");
	return await run(options.config);
}

/** An error as one line: its message and the names of the functions it came through, never any source. */
export function errorLine(error: unknown): string {
	if (!(error instanceof Error)) return `rollcall-agent: ${oneLine(String(error))}\n`;
	const names = [...(error.stack ?? "").matchAll(/^\s+at (?:async )?([\w$.<>[\] ]{1,60}) \(/gm)]
		.slice(0, 6)
		.map((match) => match[1]);
	return `rollcall-agent: ${oneLine(error.message)}${names.length > 0 ? ` (in ${names.join(" < ")})` : ""}\n`;
}

function oneLine(text: string): string {
	return text.replaceAll(/\p{Cc}+/gu, " ").slice(0, 500);
}

function print(text: string): number {
	process.stdout.write(text);
	return 0;
}

function usage(message: string): number {
	process.stderr.write(`rollcall-agent: ${message}\n${HELP}`);
	return 2;
}
