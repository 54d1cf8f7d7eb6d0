import { replyOf, sendCommand } from "../api/commands.ts";
import { type AddCommand, printJson } from "../session.ts";
import { tell } from "../terminal.ts";
import { durationText } from "../text/duration.ts";
import { titleOf } from "../views/machine-title.ts";
import { MACHINE, parseMachine } from "./values.ts";

const AFTER = `
The answer comes from the machine's agent, over the bus. Exit code 5 when it is not there.

Example:
  rollcall ping worker-1`;

/** `rollcall ping MACHINE`. */
export const addPing: AddCommand = (program, run) => {
	program
		.command("ping")
		.description("ask a machine's agent whether it is there")
		.argument("<machine>", MACHINE, parseMachine)
		.addHelpText("after", AFTER)
		.action((id: string, _options, command) =>
			run(command, async (session) => {
				const api = await session.connect();
				const begin = session.now();
				const { json, value } = await sendCommand(api, id, { kind: "ping" });
				if (session.json) {
					printJson(session, json);
					return undefined;
				}
				const pong = replyOf(value, "pong");
				const up = durationText(pong.uptimeSeconds * 1000);
				const told = `boot ${pong.bootId}, up ${up}, generation ${pong.generation}`;
				tell(session.out, `${titleOf(value)}: answered in ${session.now() - begin} ms: ${told}`);
				return undefined;
			}),
		);
};
