import { declareCluster } from "../api/declare-cluster.ts";
import { readDocumentFile } from "../api/document-file.ts";
import { usageFailure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { say } from "../terminal.ts";
import { planLines } from "../views/plan.ts";
import { askPlan } from "./plan.ts";

const AFTER = `
Shows what will change and asks; in a pipe it needs --yes. \`rollcall machines --watch\` shows how it goes on.

Examples:
  rollcall apply -f cluster.yaml
  rollcall apply -f cluster.yaml --yes -o json`;

interface ApplyOptions {
	readonly file: string;
	readonly yes?: boolean;
}

/** `rollcall apply -f FILE`. */
export const addApply: AddCommand = (program, run) => {
	program
		.command("apply")
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
	if (!session.json || !options.yes) {
		const { value: plan } = await askPlan(api, text);
		const screen = session.json ? session.err : session.out;
		screen.write(`${planLines(plan, { paint: screen.paint, brief: true }).join("\n")}\n`);
	}
	if (!options.yes) {
		const answer = (await session.ask?.("Apply it? [y/N] ")) ?? "";
		if (!/^y(es)?$/i.test(answer.trim())) {
			say(session.err, "nothing was changed");
			return EXIT.failed;
		}
	}
	const { json, value } = await declareCluster(api, text);
	if (session.json) {
		printJson(session, json);
		return EXIT.ok;
	}
	say(session.out, value.changed ? `Declared (event ${value.seq}).` : "It was declared already; nothing changed.");
	return EXIT.ok;
}
