import type { AddCommand } from "../session.ts";
import { changeMachine } from "./change-machine.ts";
import { parseMachine, parseReason } from "./values.ts";

const AFTER = `
Example:
  rollcall reject 8f3a --reason "not ours"`;

/** `rollcall reject MACHINE`. */
export const addReject: AddCommand = (program, run) => {
	program
		.command("reject")
		.description("keep a machine out")
		.argument("<machine>", "machine id", parseMachine)
		.option("--reason <text>", "why; it is recorded and shown", parseReason, "rejected by an operator")
		.addHelpText("after", AFTER)
		.action((id: string, { reason }: { reason: string }, command) =>
			run(command, async (session) => {
				const request = { id, below: "/reject", body: { reason }, done: () => "rejected" };
				await changeMachine(session, await session.connect(), request);
				return undefined;
			}),
		);
};
