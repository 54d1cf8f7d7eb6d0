import type { Command } from "commander";
import { pathOf } from "../program-path.ts";
import type { AddCommand } from "../session.ts";

/** `rollcall help [COMMAND...]`: of a subcommand, too. A name that is none is refused like an unknown command, with the nearest one. */
export const addHelp: AddCommand = (program, run) => {
	program
		.helpCommand(false)
		.command("help")
		.description("show the help of a command")
		.argument("[command...]", "like `machines` or `token create`")
		.addHelpText("after", "\nExamples:\n  rollcall help machines\n  rollcall help token create")
		.action((words: string[], _options, command) =>
			run(command, async () => {
				let found: Command = program;
				for (const word of words) {
					const below = found.commands.find((one) => one.name() === word);
					if (below) found = below;
					// An argument of the command, not a part of its name.
					else if (found.commands.length === 0) break;
					else {
						await program.parseAsync([...pathOf(found), word], { from: "user" });
						return undefined;
					}
				}
				found.outputHelp();
				return undefined;
			}),
		);
};
