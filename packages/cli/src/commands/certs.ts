import { CertificateList, RotateReply, type RotateRequest } from "@rollcall/protocol";
import { Option } from "commander";
import type { Api } from "../api/client.ts";
import { type AddCommand, printJson, printLines, type Session, widthFor } from "../session.ts";
import { tell } from "../terminal.ts";
import { certificateTable } from "../views/certificate-table.ts";
import { agreesToChange } from "./agreement.ts";
import { REHEARSED, tellRehearsal } from "./tell-rehearsal.ts";

const ROTATE_AFTER = `
New keys take over in three steps, each asked for when all machines have followed the one before: the new ones are
believed beside the old ones, then they sign, then the old ones are believed no more. Machines renew their own
certificates by themselves; this is for the keys behind them.

Examples:
  rollcall certs rotate
  rollcall certs rotate --service-accounts
  rollcall certs rotate --secrets
  rollcall certs rotate --listeners`;

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
		.addOption(
			new Option(
				"--listeners",
				"the authority that signs for the coordinators' own listeners: API, enrollment, bus",
			).conflicts(["serviceAccounts", "secrets"]),
		)
		.option("--force", "although machines have not followed the last step")
		.option("--yes", "do not ask before the last step of --listeners")
		.addHelpText("after", ROTATE_AFTER)
		.action((options: RotateOptions, command) =>
			run(command, (session) => rotate(session, { what: rotatedBy(options), force: options.force ?? false }, options)),
		);
};

interface RotateOptions {
	readonly serviceAccounts?: boolean;
	readonly secrets?: boolean;
	readonly listeners?: boolean;
	readonly yes?: boolean;
	readonly force?: boolean;
}

function rotatedBy({ serviceAccounts, secrets, listeners }: RotateOptions): RotateRequest["what"] {
	if (listeners) return "listeners";
	return serviceAccounts ? "service-accounts" : secrets ? "secrets" : "authorities";
}

/** How far a change of the listeners' authority is, while it is under way. */
function listenersLines({ rotations }: CertificateList): string[] {
	const listeners = rotations.find(({ what }) => what === "listeners");
	if (!listeners?.machines) return [];
	const { live, confirmed } = listeners.machines;
	return [
		"",
		`listeners: ${confirmed} of ${live} live machines have confirmed the new authority; next: ${listeners.next} (rollcall certs rotate --listeners)`,
	];
}

async function list(session: Session): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api, REHEARSED);
	const { json, value } = await api.ask(CertificateList, { path: "/v1/certificates", subject: "certificates" });
	if (session.json) printJson(session, json);
	else
		printLines(session, [
			...certificateTable(value.certificates, session.now(), {
				width: widthFor(session),
				paint: session.out.paint,
			}),
			...listenersLines(value),
		]);
	return undefined;
}

/** Whether the last step is meant: whoever believes only the old authority is out then. Asked on a terminal alone. */
async function isMeant(session: Session, api: Api): Promise<boolean> {
	const { value } = await api.ask(CertificateList, { path: "/v1/certificates", subject: "certificates" });
	const listeners = value.rotations.find(({ what }) => what === "listeners");
	if (listeners?.next !== "finish") return true;
	const { live, confirmed } = listeners.machines ?? { live: 0, confirmed: 0 };
	tell(
		session.err,
		`The old authority of the listeners is forgotten: operators and relays that believe it alone are not let in any more, and machines that were away boot anew. ${confirmed} of ${live} live machines have confirmed the new one.`,
	);
	return agreesToChange(session, "Forget it?");
}

async function rotate(session: Session, body: RotateRequest, { yes }: RotateOptions): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api, REHEARSED);
	if (body.what === "listeners" && session.ask && !session.json && !yes && !(await isMeant(session, api)))
		return undefined;
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
