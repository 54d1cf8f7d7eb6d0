import { EXIT } from "../exit-codes.ts";
import type { AddCommand } from "../session.ts";
import { askBeforeLoss, whereSeated } from "./ask-before-loss.ts";
import { changeMachine } from "./change-machine.ts";
import { addLossOptions, LOSS_AFTER, type LossOptions } from "./loss.ts";
import { MACHINE, parseMachine, parseReason } from "./values.ts";

const AFTER = `
A machine that runs is cut off at once, and not emptied: it runs on with what it was given until it is switched off or boots. On a terminal it asks first, where the machine has a seat.

Example:
  rollcall reject 8f3a --reason "not ours"`;

interface RejectOptions extends LossOptions {
	readonly reason: string;
	readonly yes?: boolean;
}

/** `rollcall reject MACHINE`. */
export const addReject: AddCommand = (program, run) => {
	addLossOptions(
		program.command("reject").description("keep a machine out").argument("<machine>", MACHINE, parseMachine),
	)
		.option("--reason <text>", "why; it is recorded and shown", parseReason, "rejected by an operator")
		.option("-y, --yes", "do not ask")
		.addHelpText("after", `${LOSS_AFTER}${AFTER}`)
		.action((named: string, { reason, yes, ...loss }: RejectOptions, command) =>
			run(command, async (session) => {
				const api = await session.connect();
				const lost = whereSeated(
					"loses its seat, which goes to another machine, and is cut off: nobody empties it, and it runs on with what it was given until it is switched off or boots",
				);
				const id = await askBeforeLoss(session, api, { id: named, yes, lost });
				if (id === undefined) return EXIT.failed;
				const request = { id, below: "/reject", body: { reason }, done: () => "rejected", loss, tellsNext: true };
				await changeMachine(session, api, request);
				return undefined;
			}),
		);
};
