import { ManifestsAccepted } from "@rollcall/protocol";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";

const AFTER = `
The operator's own manifests lie in a folder of each coordinator. Where the leader's folder has others than those that count, or
lacks some, nothing of it is applied and nothing is removed; \`rollcall status\` says so.

Examples:
  rollcall manifests accept`;

/** `rollcall manifests`, and what a person decides about them. */
export const addManifests: AddCommand = (program, run) => {
	const manifests = program
		.command("manifests")
		.description("what a person decides about the operator's own manifests")
		.addHelpText("after", AFTER);
	manifests
		.command("accept")
		.description("say that the leader's folder counts as it is; what is not in it any more is removed")
		.addHelpText("after", "\nExamples:\n  rollcall manifests accept")
		.action((_options, command) => run(command, accept));
};

async function accept(session: Session): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api);
	const request = { method: "POST", path: "/v1/manifests/accept", body: {}, subject: "the manifests" } as const;
	const { json, value } = await api.ask(ManifestsAccepted, request);
	if (session.json) printJson(session, json);
	else tell(session.out, `the leader's folder of manifests counts (event ${value.seq})`);
	return undefined;
}
