import type { AddCommand } from "../session.ts";
import { changeMachine } from "./change-machine.ts";
import { addLossOptions, LOSS_AFTER, type LossOptions } from "./loss.ts";
import { MACHINE, parseMachine, parseReason } from "./values.ts";

const AFTER = `
Example:
  rollcall reject 8f3a --reason "not ours"`;

/** `rollcall reject MACHINE`. */
export const addReject: AddCommand = (program, run) => {
	addLossOptions(
		program.command("reject").description("keep a machine out").argument("<machine>", MACHINE, parseMachine),
	)
		.option("--reason <text>", "why; it is recorded and shown", parseReason, "rejected by an operator")
		.addHelpText("after", `${LOSS_AFTER}${AFTER}`)
		.action((id: string, { reason, ...loss }: { reason: string } & LossOptions, command) =>
			run(command, async (session) => {
				const request = { id, below: "/reject", body: { reason }, done: () => "rejected", loss };
				await changeMachine(session, await session.connect(), request);
				return undefined;
			}),
		);
};
