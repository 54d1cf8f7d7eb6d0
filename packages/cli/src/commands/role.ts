import { usageFailure } from "../errors.ts";
import type { AddCommand } from "../session.ts";
import { changeMachine } from "./change-machine.ts";
import { parseMachine, parseRole } from "./values.ts";

const AFTER = `
A role given by hand wins over the slots' own choice, and is marked with * in \`rollcall machines\`.

Examples:
  rollcall role worker-1 control-plane
  rollcall role worker-1 --none`;

/** `rollcall role MACHINE ROLE`. */
export const addRole: AddCommand = (program, run) => {
	program
		.command("role")
		.description("give a machine a role by hand, or take that back")
		.argument("<machine>", "machine id or node name", parseMachine)
		.argument("[role]", "a role that the cluster document has a slot for", parseRole)
		.option("--none", "let the coordinator choose again")
		.addHelpText("after", AFTER)
		.action((id: string, role: string | undefined, { none }: { none?: boolean }, command) =>
			run(command, async (session) => {
				if ((role === undefined) !== (none === true)) {
					throw usageFailure(`machine ${id}: give either a role or --none`, "`rollcall help role` shows examples");
				}
				const done = role === undefined ? "the coordinator chooses its role again" : `role ${role} asked for by hand`;
				const body = { role: role ?? null };
				await changeMachine(session, await session.connect(), { id, below: "/role", body, done: () => done });
				return undefined;
			}),
		);
};
