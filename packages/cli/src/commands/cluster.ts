import { ClusterView } from "@rollcall/protocol";
import { stringify } from "yaml";
import { type AddCommand, printJson } from "../session.ts";
import { ago } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import { REHEARSAL } from "../views/phase.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";

const AFTER = `
The document is printed as YAML that \`plan\` and \`apply\` take again, with all defaults filled in.

Examples:
  rollcall cluster
  rollcall cluster > cluster.yaml`;

/** `rollcall cluster`. */
export const addCluster: AddCommand = (program, run) => {
	program
		.command("cluster")
		.description("the declared cluster document")
		.addHelpText("after", AFTER)
		.action((_options, command) =>
			run(command, async (session) => {
				const api = await session.connect();
				const rehearsal = await tellRehearsal(session, api);
				const { json, value } = await api.ask(ClusterView, { path: "/v1/cluster", subject: "the cluster document" });
				if (session.json) {
					printJson(session, json);
					return undefined;
				}
				const since = `declared ${ago(value.declaredAt, session.now())} ago (${value.declaredAt})`;
				const mark = rehearsal ? `# ${REHEARSAL}: declared for machines that are rehearsals\n` : "";
				session.out.document(
					`${mark}# ${printable(since)}, event ${value.seq}, ${value.digest}\n${stringify(value.document)}`,
				);
				return undefined;
			}),
		);
};
