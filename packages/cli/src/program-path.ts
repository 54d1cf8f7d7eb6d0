import type { Command } from "commander";

/** The words that call a command, without the program's own name: `["token", "create"]`. */
export function pathOf(command: Command): string[] {
	return command.parent ? [...pathOf(command.parent), command.name()] : [];
}
