import { CertificateList, RotateReply, type RotateRequest } from "@rollcall/protocol";
import { Option } from "commander";
import { type AddCommand, printJson, printLines, type Session, widthFor } from "../session.ts";
import { tell } from "../terminal.ts";
import { certificateTable } from "../views/certificate-table.ts";
import { REHEARSED, tellRehearsal } from "./tell-rehearsal.ts";

const ROTATE_AFTER = `
New keys take over in three steps, each asked for when all machines have followed the one before: the new ones are
believed beside the old ones, then they sign, then the old ones are believed no more. Machines renew their own
certificates by themselves; this is for the keys behind them.

Examples:
  rollcall certs rotate
  rollcall certs rotate --service-accounts
  rollcall certs rotate --secrets`;

/** `rollcall certs`, `rollcall certs rotate`. */
export const addCerts: AddCommand = (program, run) => {
	const certs = program
		.command("certs")
		.description("all certificates of the fleet, and when they end")
		.addHelpText("after", "\nExamples:\n  rollcall certs\n  rollcall certs -o json")
		.action((_options, command) => run(command, list));
	certs
		.command("rotate")
		.description("the next step of a change of the fleet's own keys")
		.option("--service-accounts", "the keys of service account tokens; tokens of the old ones end with the last step")
		.addOption(
			new Option(
				"--secrets",
				"the key that Secrets are encrypted with in etcd; all are written anew before the last step",
			).conflicts("serviceAccounts"),
		)
		.option("--force", "although machines have not followed the last step")
		.addHelpText("after", ROTATE_AFTER)
		.action((options: RotateOptions, command) =>
			run(command, (session) => rotate(session, { what: rotatedBy(options), force: options.force ?? false })),
		);
};

interface RotateOptions {
	readonly serviceAccounts?: boolean;
	readonly secrets?: boolean;
	readonly force?: boolean;
}

function rotatedBy({ serviceAccounts, secrets }: RotateOptions): RotateRequest["what"] {
	return serviceAccounts ? "service-accounts" : secrets ? "secrets" : "authorities";
}

async function list(session: Session): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api, REHEARSED);
	const { json, value } = await api.ask(CertificateList, { path: "/v1/certificates", subject: "certificates" });
	if (session.json) printJson(session, json);
	else
		printLines(
			session,
			certificateTable(value.certificates, session.now(), { width: widthFor(session), paint: session.out.paint }),
		);
	return undefined;
}

async function rotate(session: Session, body: RotateRequest): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api, REHEARSED);
	const { json, value } = await api.ask(RotateReply, {
		method: "POST",
		path: "/v1/certificates/rotate",
		body,
		subject: "the fleet's keys",
	});
	if (session.json) printJson(session, json);
	else tell(session.out, `${value.what}: ${value.text}`);
	return undefined;
}
