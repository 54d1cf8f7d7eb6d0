import { getMachine } from "../api/machine.ts";
import { type AddCommand, printJson, printLines, widthFor } from "../session.ts";
import { detailLines } from "../views/machine-detail.ts";
import { MACHINE, parseMachine } from "./values.ts";

const AFTER = `
Examples:
  rollcall show worker-1
  rollcall show 8f3a -o json`;

/** `rollcall show MACHINE`. */
export const addShow: AddCommand = (program, run) => {
	program
		.command("show")
		.description("one machine: where it stands, its seat and target, health, facts, latest events")
		.argument("<machine>", MACHINE, parseMachine)
		.addHelpText("after", AFTER)
		.action((id: string, _options, command) =>
			run(command, async (session) => {
				const { json, value } = await getMachine(await session.connect(), id);
				if (session.json) printJson(session, json);
				else {
					const { paint } = session.out;
					printLines(session, detailLines(value, { paint, width: widthFor(session), now: session.now() }));
				}
				return undefined;
			}),
		);
};
