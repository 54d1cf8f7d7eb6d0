import type { Api } from "../api/client.ts";
import { Failure, failureText } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { AddCommand, Session } from "../session.ts";
import { changeMachine } from "./change-machine.ts";
import { collectMachines } from "./values.ts";

const AFTER = `
A machine that waits says so in \`rollcall machines --phase waiting\`. Rules in the cluster document approve by themselves.

Examples:
  rollcall approve 8f3a
  rollcall approve 8f3a 91cc 0b12`;

/** `rollcall approve MACHINE...`. */
export const addApprove: AddCommand = (program, run) => {
	program
		.command("approve")
		.description("let waiting machines in")
		.argument("<machine...>", "machine ids", collectMachines)
		.addHelpText("after", AFTER)
		.action((ids: string[], _options, command) => run(command, (session) => approve(session, ids)));
};

/** Goes on behind a machine that is refused, so that one bad id does not keep the others waiting; the first failure's code counts. */
async function approve(session: Session, ids: readonly string[]): Promise<ExitCode> {
	const api: Api = await session.connect();
	let exit: ExitCode = EXIT.ok;
	for (const id of ids) {
		try {
			await changeMachine(session, api, { id, below: "/approve", body: {}, done: () => "approved" });
		} catch (error) {
			if (!(error instanceof Failure) || error.exit === EXIT.unreachable || ids.length === 1) throw error;
			session.err.write(failureText(error));
			if (exit === EXIT.ok) exit = error.exit;
		}
	}
	return exit;
}
