import { MachineRemoved } from "@rollcall/protocol";
import { machinePath } from "../api/machine.ts";
import { type AddCommand, printJson } from "../session.ts";
import { say } from "../terminal.ts";
import { titleOf } from "../views/machine-title.ts";
import { addLossOptions, inTurn, LOSS_AFTER, type LossOptions, lossQuery } from "./loss.ts";
import { MACHINE, parseMachine } from "./values.ts";

const AFTER = `
What is known of the machine goes; it may enroll again with a new token.

Example:
  rollcall remove 8f3a`;

/** `rollcall remove MACHINE`. */
export const addRemove: AddCommand = (program, run) => {
	addLossOptions(program.command("remove"))
		.description("forget a machine")
		.argument("<machine>", MACHINE, parseMachine)
		.addHelpText("after", `${LOSS_AFTER}${AFTER}`)
		.action((id: string, loss: LossOptions, command) =>
			run(command, async (session) => {
				const api = await session.connect();
				const path = machinePath(id, lossQuery(loss));
				const { json, value } = await inTurn(session, loss, () =>
					api.ask(MachineRemoved, { method: "DELETE", path, subject: `machine ${id}` }),
				);
				if (session.json) printJson(session, json);
				else say(session.out, `${titleOf(value)}: forgotten`);
				if (!session.json && value.certifiedUntil !== undefined)
					say(
						session.out,
						`what it got certificates for is valid until ${value.certifiedUntil}; \`rollcall certs rotate\` ends that before`,
					);
				return undefined;
			}),
		);
};
