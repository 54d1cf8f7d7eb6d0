#!/usr/bin/env node
import "@rollcall/agent/zod-settings";
import { errorLine } from "@rollcall/agent";
import { rehearse } from "./rehearse.ts";

const HELP = `rollcall-rehearsal: stands in for a machine

  rollcall-rehearsal machine ...     stand in for a machine, and run its agent (see machine --help)
`;

/** Runs the command line (without program names). Returns the exit code: 0 done, 1 failed, 2 wrong usage, 75 the machine reboots. */
async function main([command, ...words]: readonly string[]): Promise<number> {
	if (command === "machine") return await rehearse(words);
	const asked = command === "--help" || command === "-h";
	(asked ? process.stdout : process.stderr).write(HELP);
	return asked ? 0 : 2;
}

main(process.argv.slice(2)).then(
	(code) => process.exit(code),
	(error: unknown) => {
		process.stderr.write(errorLine("rollcall-rehearsal", error));
		process.exit(1);
	},
);
