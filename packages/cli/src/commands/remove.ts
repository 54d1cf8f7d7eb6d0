import { MachineRemoved } from "@rollcall/protocol";
import { machinePath } from "../api/machines.ts";
import { type AddCommand, printJson } from "../session.ts";
import { say } from "../terminal.ts";
import { parseMachine } from "./values.ts";

const AFTER = `
What is known of the machine goes; it may enroll again with a new token.

Example:
  rollcall remove 8f3a`;

/** `rollcall remove MACHINE`. */
export const addRemove: AddCommand = (program, run) => {
	program
		.command("remove")
		.description("forget a machine")
		.argument("<machine>", "machine id", parseMachine)
		.addHelpText("after", AFTER)
		.action((id: string, _options, command) =>
			run(command, async (session) => {
				const api = await session.connect();
				const { json, value } = await api.ask(MachineRemoved, {
					method: "DELETE",
					path: machinePath(id),
					subject: `machine ${id}`,
				});
				if (session.json) printJson(session, json);
				else say(session.out, `machine ${value.machineId}: forgotten`);
				return undefined;
			}),
		);
};
