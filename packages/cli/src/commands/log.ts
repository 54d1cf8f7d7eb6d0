import { LogAccepted } from "@rollcall/protocol";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { say } from "../terminal.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";

const AFTER = `
The event log is in doubt when entries of it are missing, are not understood, or when it ends before what was read of it;
\`rollcall status\` says why. Machines prove what they hold, and until the doubt is over etcd is left as it is.

Examples:
  rollcall log accept`;

/** `rollcall log`, and what a person decides about it. */
export const addLog: AddCommand = (program, run) => {
	const log = program
		.command("log")
		.description("what a person decides about the event log")
		.addHelpText("after", AFTER);
	log
		.command("accept")
		.description("go on with the event log as it is, although it is in doubt")
		.addHelpText("after", "\nExamples:\n  rollcall log accept")
		.action((_options, command) => run(command, accept));
};

async function accept(session: Session): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api);
	const request = { method: "POST", path: "/v1/log/accept", body: {}, subject: "the event log" } as const;
	const { json, value } = await api.ask(LogAccepted, request);
	if (session.json) printJson(session, json);
	else say(session.out, `the event log goes on as it is (event ${value.seq})`);
	return undefined;
}
