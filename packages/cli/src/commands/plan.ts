import { Plan } from "@rollcall/protocol";
import type { ApiAnswer } from "../api/answer.ts";
import type { Api } from "../api/client.ts";
import { readDocumentFile } from "../api/document-file.ts";
import { EXIT } from "../exit-codes.ts";
import { type AddCommand, printJson, printLines, widthFor } from "../session.ts";
import { briefPlan, planLines } from "../views/plan.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";

const AFTER = `
Machines that change alike stand together, with one diff for all of them. Nothing changes on the coordinator or on any machine. Secrets are shown as digests.
Exit code 0 whether or not there are changes; with --exit-code 10 when there are.

Examples:
  rollcall plan -f cluster.yaml
  rollcall plan -f cluster.yaml --brief
  rollcall plan -f - --exit-code < cluster.yaml`;

interface PlanOptions {
	readonly file: string;
	readonly exitCode?: boolean;
	readonly brief?: boolean;
}

/** Rendering a whole fleet takes its time. */
const PLAN_TIMEOUT_MS = 60_000;

/** What declaring this text would change. */
export function askPlan(api: Api, text: string): Promise<ApiAnswer<Plan>> {
	const request = { method: "POST", path: "/v1/plan", body: { text }, timeoutMs: PLAN_TIMEOUT_MS } as const;
	return api.ask(Plan, { ...request, subject: "the plan" });
}

/** `rollcall plan -f FILE`. */
export const addPlan: AddCommand = (program, run) => {
	program
		.command("plan")
		.description("what a cluster document would change, file by file, and at the cluster's API")
		.requiredOption("-f, --file <file>", "the cluster document; - reads stdin")
		.option("--brief", "the names of the files, without their text; with -o json too")
		.option("--exit-code", "end with 10 when there are changes")
		.addHelpText("after", AFTER)
		.action((options: PlanOptions, command) =>
			run(command, async (session) => {
				const text = await readDocumentFile(options.file);
				const api = await session.connect();
				const { json, value } = await askPlan(api, text);
				await tellRehearsal(session, api);
				if (session.json) printJson(session, options.brief ? briefPlan(value) : json);
				else {
					const { paint } = session.out;
					printLines(session, planLines(value, { paint, brief: options.brief ?? false, width: widthFor(session) }));
				}
				const changes = value.machines.length + value.addOns.length;
				return options.exitCode && changes > 0 ? EXIT.changes : EXIT.ok;
			}),
		);
};
