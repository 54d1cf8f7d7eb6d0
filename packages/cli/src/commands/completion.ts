import type { Command } from "commander";
import { usageFailure } from "../errors.ts";
import type { AddCommand } from "../session.ts";

const AFTER = `
Example:
  source <(rollcall completion bash)`;

/** `rollcall completion bash`. */
export const addCompletion: AddCommand = (program, run) => {
	program
		.command("completion")
		.description("completion of commands and options for a shell")
		.argument("<shell>", "bash")
		.addHelpText("after", AFTER)
		.action((shell: string, _options, command) =>
			run(command, async (session) => {
				if (shell !== "bash") throw usageFailure(`no completion for ${shell}`, "there is one for bash");
				session.out.write(bashCompletion(program));
				return undefined;
			}),
		);
};

/** A bash script that completes the names of commands, subcommands and options. */
function bashCompletion(program: Command): string {
	const flags = (command: Command) => command.options.map((option) => option.long ?? option.short ?? "");
	const everywhere = [...flags(program), "--help"];
	const cases = program.commands.map((command) => {
		const words = [
			...command.commands.map((sub) => sub.name()),
			...flags(command),
			...command.commands.flatMap(flags),
			...everywhere,
		];
		return `\t${command.name()}) words="${[...new Set(words)].join(" ")}" ;;`;
	});
	const top = [...program.commands.map((command) => command.name()), ...everywhere].join(" ");
	return [
		"_rollcall() {",
		'\tlocal current words=""',
		"\tcurrent=$2",
		"\tset -- $COMP_LINE",
		'\tcase "$2" in',
		...cases,
		`\t*) words="${top}" ;;`,
		"\tesac",
		`\tif [ "$COMP_CWORD" -eq 1 ]; then words="${top}"; fi`,
		'\tCOMPREPLY=($(compgen -W "$words" -- "$current"))',
		"}",
		"complete -o default -F _rollcall rollcall",
		"",
	].join("\n");
}
