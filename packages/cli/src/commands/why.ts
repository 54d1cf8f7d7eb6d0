import { getWhy } from "../api/machine.ts";
import { type AddCommand, printJson, printLines, widthFor } from "../session.ts";
import { whyLines } from "../views/why.ts";
import { MACHINE, parseMachine } from "./values.ts";

const AFTER = `
The newest event comes first; what caused it stands below it, further in.

Examples:
  rollcall why worker-1
  rollcall why worker-1 --all
  rollcall why worker-1 -o json`;

/** `rollcall why MACHINE`. */
export const addWhy: AddCommand = (program, run) => {
	program
		.command("why")
		.description("why a machine is in its state: the chain of causes, and what to do")
		.argument("<machine>", MACHINE, parseMachine)
		.option("--all", "the whole chain, not only its newest ten links")
		.addHelpText("after", AFTER)
		.action((id: string, { all = false }: { all?: boolean }, command) =>
			run(command, async (session) => {
				const { json, value } = await getWhy(await session.connect(), id);
				if (session.json) printJson(session, json);
				else
					printLines(
						session,
						whyLines(value, { paint: session.out.paint, width: widthFor(session), now: session.now(), all }),
					);
				return undefined;
			}),
		);
};
