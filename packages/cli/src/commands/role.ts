import { usageFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { AddCommand } from "../session.ts";
import { askFirst } from "./ask-first.ts";
import { changeMachine } from "./change-machine.ts";
import { addLossOptions, LOSS_AFTER, type LossOptions } from "./loss.ts";
import { MACHINE, parseMachine, parseRole } from "./values.ts";

const AFTER = `
On a terminal it shows what follows for all machines, and asks. A role given by hand wins over the slots' own choice, and is marked with * in \`rollcall machines\`.

Examples:
  rollcall role worker-1 control-plane
  rollcall role worker-1 --none`;

interface RoleOptions extends LossOptions {
	readonly none?: boolean;
	readonly yes?: boolean;
}

/** `rollcall role MACHINE ROLE`. */
export const addRole: AddCommand = (program, run) => {
	addLossOptions(program.command("role"))
		.description("give a machine a role by hand, or take that back")
		.argument("<machine>", MACHINE, parseMachine)
		.argument("[role]", "a role that the cluster document has a slot for", parseRole)
		.option("--none", "let the coordinator choose again")
		.option("-y, --yes", "do not ask")
		.addHelpText("after", `${LOSS_AFTER}${AFTER}`)
		.action((id: string, role: string | undefined, { none, ...loss }: RoleOptions, command) =>
			run(command, async (session) => {
				if ((role === undefined) !== (none === true)) {
					throw usageFailure(`machine ${id}: give either a role or --none`, "`rollcall help role` shows examples");
				}
				const done = role === undefined ? "the coordinator chooses its role again" : `role ${role} asked for by hand`;
				const body = { role: role ?? null };
				const api = await session.connect();
				if (!(await askFirst(session, api, { id, body, loss }))) return EXIT.failed;
				await changeMachine(session, api, { id, below: "/role", body, done: () => done, loss });
				return undefined;
			}),
		);
};
