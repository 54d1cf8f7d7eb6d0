import type { MachinePhase } from "@rollcall/protocol";
import { listMachines } from "../api/machines.ts";
import { type AddCommand, printJson, printLines, type Session, widthFor } from "../session.ts";
import { say } from "../terminal.ts";
import { nameOf } from "../views/machine-title.ts";
import { troubleLines } from "../views/trouble.ts";
import { fleetTable } from "./fleet-table.ts";
import { collectLabel, parsePhase, parseRole } from "./values.ts";

const AFTER = `
What is not well about the fleet as a whole stands above the table. A role with a * was given by hand. KIND is shown where some machines are rehearsals of machines.

Examples:
  rollcall machines
  rollcall machines --watch --role worker
  rollcall machines -o wide
  rollcall machines -o name --role worker
  rollcall machines --phase waiting -o json
  rollcall machines -l rack=a -l room=101`;

interface MachinesOptions {
	readonly watch?: boolean;
	readonly phase?: MachinePhase;
	readonly role?: string;
	readonly label?: Record<string, string>;
}

/** `rollcall machines`. */
export const addMachines: AddCommand = (program, run) => {
	program
		.command("machines")
		.description("where the fleet stands")
		.option("-w, --watch", "go on showing it as it changes")
		.option("--phase <phase>", "only machines in this phase", parsePhase)
		.option("--role <role>", "only machines with this role", parseRole)
		.option("-l, --label <key=value>", "only machines with this label; can be repeated", collectLabel)
		.addHelpText("after", AFTER)
		.action((options: MachinesOptions, command) => run(command, (session) => showMachines(session, options)));
};

async function showMachines(session: Session, options: MachinesOptions): Promise<undefined> {
	if (options.watch) return (await import("./watch-machines.ts")).watchMachines(session, options);
	const api = await session.connect();
	const { json, value } = await listMachines(api, options);
	if (session.json) printJson(session, json);
	else if (session.form === "name") printLines(session, value.map(nameOf));
	else {
		const { trouble } = (await api.status()).value;
		printLines(session, troubleLines(trouble, session.out.paint, widthFor(session)));
		if (value.length > 0) printLines(session, fleetTable(session, value));
		else say(session.err, Object.keys(options).length > 0 ? "no machine fits" : "no machine has enrolled yet");
	}
	return undefined;
}
