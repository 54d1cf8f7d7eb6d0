import { getMachine } from "../api/machine.ts";
import { usageFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type AddCommand, printJson } from "../session.ts";
import { tell } from "../terminal.ts";
import { labelsText } from "../views/field-list.ts";
import { titleOf } from "../views/machine-title.ts";
import { askFirst } from "./ask-first.ts";
import { changeMachine } from "./change-machine.ts";
import { addLossOptions, LOSS_AFTER, type LossOptions } from "./loss.ts";
import { labelFault, MACHINE, parseMachine } from "./values.ts";

const AFTER = `
key=value sets a label, key- removes one; all others stay. Without any, the labels are shown.
On a terminal it shows what follows for all machines, where something does, and asks.

Examples:
  rollcall label worker-1 rack=a room=101
  rollcall label worker-1 rack-`;

/** `rollcall label MACHINE k=v k-`. */
export const addLabel: AddCommand = (program, run) => {
	addLossOptions(program.command("label"))
		.description("set and remove labels of a machine")
		.argument("<machine>", MACHINE, parseMachine)
		.argument("[change...]", "key=value or key-")
		.option("-y, --yes", "do not ask")
		.addHelpText("after", `${LOSS_AFTER}${AFTER}`)
		.action((id: string, changes: string[], loss: LossOptions & { yes?: boolean }, command) =>
			run(command, async (session) => {
				for (const change of changes) readChange(change);
				const api = await session.connect();
				const { machine } = (await getMachine(api, id)).value;
				if (changes.length === 0) {
					if (session.json) printJson(session, machine.labels);
					else tell(session.out, `${titleOf(machine)}: ${labelsText(machine.labels) || "no labels"}`);
					return undefined;
				}
				const labels = changedLabels(machine.labels, changes);
				if (!(await askFirst(session, api, { id: machine.machineId, body: { labels }, loss }))) return EXIT.failed;
				await changeMachine(session, api, {
					id: machine.machineId,
					below: "/labels",
					body: { labels },
					loss,
					done: (after) => `labels ${labelsText(after.labels) || "none"}`,
				});
				return undefined;
			}),
		);
};

/** The labels after all changes. A removed label that is not there is no error. Throws Failure for a change that is none. */
export function changedLabels(
	labels: Readonly<Record<string, string>>,
	changes: readonly string[],
): Record<string, string> {
	const result = new Map(Object.entries(labels));
	for (const change of changes) {
		const { key, value } = readChange(change);
		if (value === undefined) result.delete(key);
		else result.set(key, value);
	}
	return Object.fromEntries(result);
}

function readChange(change: string): { key: string; value?: string } {
	const at = change.indexOf("=");
	const next = "`rollcall help label` shows examples";
	if (at > 0) {
		const [key, value] = [change.slice(0, at), change.slice(at + 1)];
		const wrong = labelFault(key, value);
		if (wrong) throw usageFailure(`label ${change}: ${wrong}`, next);
		return { key, value };
	}
	if (at < 0 && change.length > 1 && change.endsWith("-")) return { key: change.slice(0, -1) };
	throw usageFailure(`label ${change}: it is neither key=value nor key-`, next);
}
