import { declareCluster } from "../api/declare-cluster.ts";
import { readDocumentFile } from "../api/document-file.ts";
import { usageFailure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { say, tell } from "../terminal.ts";
import { printable } from "../text/printable.ts";
import { planLines } from "../views/plan.ts";
import { agreesToChange } from "./agreement.ts";
import { addAcceptLoss, type LossOptions, lossQuery } from "./loss.ts";
import { askPlan } from "./plan.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";

const AFTER = `
Shows what will change, names the cluster and the coordinator, and asks; in a pipe it needs --yes. Exactly what was shown is
declared: when another document was declared meanwhile, it is refused. \`rollcall machines --watch\` shows how it goes on.

Examples:
  rollcall apply -f cluster.yaml
  rollcall apply -f cluster.yaml --yes -o json`;

interface ApplyOptions extends LossOptions {
	readonly file: string;
	readonly yes?: boolean;
}

/** `rollcall apply -f FILE`. */
export const addApply: AddCommand = (program, run) => {
	addAcceptLoss(program.command("apply"))
		.description("declare a cluster document: make it so")
		.requiredOption("-f, --file <file>", "the cluster document; - reads stdin")
		.option("-y, --yes", "do not ask")
		.addHelpText("after", AFTER)
		.action((options: ApplyOptions, command) => run(command, (session) => apply(session, options)));
};

async function apply(session: Session, options: ApplyOptions): Promise<ExitCode> {
	if (!options.yes && (!session.ask || options.file === "-")) {
		throw usageFailure(
			"nobody can be asked here, so apply needs --yes",
			"`rollcall plan -f FILE` shows what would change",
		);
	}
	const text = await readDocumentFile(options.file);
	const api = await session.connect();
	const { value: plan } = await askPlan(api, text);
	await tellRehearsal(session, api);
	const { server } = api.connection;
	const cluster = await clusterName(text);
	if (!session.json || !options.yes) {
		const screen = session.json ? session.err : session.out;
		say(screen, `cluster ${cluster} at ${server}:`);
		for (const line of planLines(plan, { paint: screen.paint, brief: true, width: screen.size()?.columns }))
			say(screen, line);
	}
	if (!options.yes && !(await agreesToChange(session, `Apply it to cluster ${cluster} at ${server}?`)))
		return EXIT.failed;
	const { json, value } = await declareCluster(api, text, { plan, query: lossQuery(options) });
	if (session.json) {
		printJson(session, json);
		return EXIT.ok;
	}
	const done = value.changed ? `declared (event ${value.seq})` : "it was declared already; nothing changed";
	tell(session.out, `cluster ${cluster} at ${server}: ${done}.`);
	return EXIT.ok;
}

/** The name that a document gives its cluster; the coordinator has taken it already. */
async function clusterName(text: string): Promise<string> {
	const { readYaml } = await import("../offline/core.ts");
	const read = readYaml(text);
	const name: unknown = read.ok ? (read.value as { name?: unknown } | null)?.name : undefined;
	return printable(typeof name === "string" ? name : "?");
}
