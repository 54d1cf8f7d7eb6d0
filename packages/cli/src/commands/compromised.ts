import { Compromised, Exposure } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { machinePath } from "../api/machine.ts";
import { EXIT } from "../exit-codes.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { printable } from "../text/printable.ts";
import { titleOf } from "../views/machine-title.ts";
import { agreesToChange } from "./agreement.ts";
import { addLossOptions, inTurn, LOSS_AFTER, type LossOptions, lossQuery } from "./loss.ts";
import { MACHINE, parseMachine, parseReason } from "./values.ts";

const AFTER = `
Its boot is over at once: its credential ends, its seat goes to another machine, and no boot of it comes in until \`rollcall approve\`. The keys
that it held are changed by the coordinator, step by step (\`rollcall status\` says until when the old ones are believed). On a terminal it
shows what the machine could have read, and asks. It goes on running until somebody switches it off.

Examples:
  rollcall compromised worker-3 --reason "a pod broke out"
  rollcall compromised worker-3 --yes -o json`;

interface CompromisedOptions extends LossOptions {
	readonly reason: string;
	readonly yes?: boolean;
}

/** `rollcall compromised MACHINE`. */
export const addCompromised: AddCommand = (program, run) => {
	addLossOptions(program.command("compromised"))
		.description("a machine is in other hands: keep it out, and change the keys that it held")
		.argument("<machine>", MACHINE, parseMachine)
		.option("--reason <text>", "why; it is recorded and shown", parseReason, "an operator says so")
		.option("-y, --yes", "do not ask")
		.addHelpText("after", `${LOSS_AFTER}${AFTER}`)
		.action((id: string, options: CompromisedOptions, command) =>
			run(command, (session) => endTrust(session, id, options)),
		);
};

async function endTrust(session: Session, id: string, options: CompromisedOptions) {
	const api = await session.connect();
	if (session.ask && !session.json && !options.yes && !(await isMeant(session, api, id))) return EXIT.failed;
	const path = machinePath(id, `/compromised${lossQuery(options)}`);
	const { json, value } = await inTurn(session, options, () =>
		api.ask(Compromised, { method: "POST", path, body: { reason: options.reason }, subject: `machine ${id}` }),
	);
	if (session.json) printJson(session, json);
	else {
		if (options.yes || !session.ask) for (const line of exposureLines(value.exposure)) tell(session.out, line);
		tell(session.out, `${titleOf(value.machine)}: kept out until it is approved again; switch it off`);
	}
	return undefined;
}

async function isMeant(session: Session, api: Api, id: string): Promise<boolean> {
	const path = machinePath(id, "/exposure");
	const { value } = await api.ask(Exposure, { path, subject: `machine ${id}` });
	for (const line of exposureLines(value)) tell(session.out, line);
	return agreesToChange(session, `Keep machine ${printable(id)} out at ${api.connection.server}?`);
}

function exposureLines({ couldRead, changes, yours }: Exposure): string[] {
	const list = (all: readonly string[]) => all.map((one) => `  ${printable(one)}`);
	return [
		"Whoever had the machine could read and use:",
		...list(couldRead.length > 0 ? couldRead : ["nothing of the cluster"]),
		"The coordinator changes:",
		...list(changes.length > 0 ? changes : ["nothing: it held no key of the fleet"]),
		"Left to you:",
		...list(yours),
	];
}
