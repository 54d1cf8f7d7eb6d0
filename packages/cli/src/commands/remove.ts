import { MachineRemoved, type MachineView } from "@rollcall/protocol";
import { machinePath } from "../api/machine.ts";
import { EXIT } from "../exit-codes.ts";
import { type AddCommand, printJson } from "../session.ts";
import { tell } from "../terminal.ts";
import { titleOf } from "../views/machine-title.ts";
import { askBeforeLoss } from "./ask-before-loss.ts";
import { addLossOptions, inTurn, LOSS_AFTER, type LossOptions, lossQuery } from "./loss.ts";
import { MACHINE, parseMachine } from "./values.ts";

const AFTER = `
What is known of the machine goes; it may enroll again with a new token. On a terminal it asks first.

Example:
  rollcall remove 8f3a`;

function lost({ role, lease }: MachineView): string {
	const seat = role === undefined ? "" : ", and its seat goes to another machine";
	const again = lease === "lost" ? "" : "; it still runs, and comes back when it boots again";
	return `is forgotten: its labels, its approval and its history go${seat}${again}`;
}

/** `rollcall remove MACHINE`. */
export const addRemove: AddCommand = (program, run) => {
	addLossOptions(program.command("remove"))
		.description("forget a machine")
		.argument("<machine>", MACHINE, parseMachine)
		.option("-y, --yes", "do not ask")
		.addHelpText("after", `${LOSS_AFTER}${AFTER}`)
		.action((named: string, { yes, ...loss }: LossOptions & { readonly yes?: boolean }, command) =>
			run(command, async (session) => {
				const api = await session.connect();
				const id = await askBeforeLoss(session, api, { id: named, yes, lost });
				if (id === undefined) return EXIT.failed;
				const path = machinePath(id, lossQuery(loss));
				const { json, value } = await inTurn(session, loss, () =>
					api.ask(MachineRemoved, { method: "DELETE", path, subject: `machine ${id}` }),
				);
				if (session.json) printJson(session, json);
				else tell(session.out, `${titleOf(value)}: forgotten`);
				if (!session.json && value.certifiedUntil !== undefined)
					tell(
						session.out,
						`what it got certificates for is valid until ${value.certifiedUntil}; \`rollcall certs rotate\` ends that before`,
					);
				return undefined;
			}),
		);
};
