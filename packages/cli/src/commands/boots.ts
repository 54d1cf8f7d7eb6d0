import { BootList, BootState } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { type AddCommand, printJson, printLines, type Session, widthFor } from "../session.ts";
import { say } from "../terminal.ts";
import { bootTable } from "../views/boot-table.ts";
import { parseMac } from "./values.ts";

const AFTER = `
The newest boot of every machine, those that are stuck first. held: nothing is wrong, it waits for a person or a free seat. Machines
that have not enrolled are named by their MAC. \`rollcall show MACHINE\` has every stage of one boot.

Examples:
  rollcall boots
  rollcall boots --state stuck
  rollcall boots --mac 52:54:00:12:34:56 -o json`;

interface BootsOptions {
	readonly state?: BootState;
	readonly mac?: string;
}

/** `rollcall boots`. */
export const addBoots: AddCommand = (program, run) => {
	program
		.command("boots")
		.description("how machines boot from the network, and what is stuck")
		.option("--state <state>", "only boots in this state: booting, stuck, held or done", parseState)
		.option("--mac <mac>", "only the machine with this MAC", parseMac)
		.addHelpText("after", AFTER)
		.action((options: BootsOptions, command) => run(command, (session) => showBoots(session, options)));
};

async function showBoots(session: Session, options: BootsOptions): Promise<undefined> {
	const query = new URLSearchParams({ limit: "10000" });
	if (options.state) query.set("state", options.state);
	if (options.mac) query.set("mac", options.mac);
	const api = await session.connect();
	const { json, value } = await api.ask(BootList, { path: `/v1/boots?${query}`, subject: "boots" });
	if (session.json) {
		printJson(session, json);
		return undefined;
	}
	const { paint } = session.out;
	if (value.boots.length === 0)
		say(session.err, Object.keys(options).length > 0 ? "no boot fits" : "no machine was seen to boot");
	else printLines(session, bootTable(value.boots, session.now(), { width: widthFor(session), paint }));
	if (value.more > 0) say(session.err, `and ${value.more} more`);
	return undefined;
}

function parseState(text: string): BootState {
	const state = BootState.safeParse(text);
	if (!state.success) throw new InvalidArgumentError(`it is one of ${BootState.options.join(", ")}.`);
	return state.data;
}
