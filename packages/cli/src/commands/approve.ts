import type { Api } from "../api/client.ts";
import { Failure, usageFailure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type AddCommand, type Session, tellFailure } from "../session.ts";
import { changeMachine } from "./change-machine.ts";
import { collectMachines, MACHINE } from "./values.ts";

const AFTER = `
Without --boot it lets in what there is to decide on: the machine that waits, or the one boot that says it is this
machine and waits. --boot names the boot that you looked at; another one is refused.

A machine that waits says so in \`rollcall machines --phase waiting\`. Rules in the cluster document approve by themselves.

Examples:
  rollcall approve 8f3a
  rollcall approve 8f3a 91cc 0b12
  rollcall approve 8f3a --boot 0b9f4f2e-6f0e-4d3c-9a52-0c5b7c1d2e3f`;

/** `rollcall approve MACHINE...`. */
export const addApprove: AddCommand = (program, run) => {
	program
		.command("approve")
		.description("let waiting machines, or a waiting boot of one, in")
		.argument("<machine...>", MACHINE, collectMachines)
		.option("--boot <boot>", "the boot id that you looked at")
		.addHelpText("after", AFTER)
		.action((ids: string[], { boot }: { boot?: string }, command) =>
			run(command, (session) => approve(session, ids, boot)),
		);
};

/** Goes on behind a machine that is refused, so that one bad id does not keep the others waiting; the first failure's code counts. */
async function approve(session: Session, ids: readonly string[], bootId: string | undefined): Promise<ExitCode> {
	if (bootId !== undefined && ids.length > 1)
		throw usageFailure("--boot is the boot of one machine", "name one machine");
	const api: Api = await session.connect();
	let exit: ExitCode = EXIT.ok;
	for (const id of ids) {
		try {
			await changeMachine(session, api, {
				id,
				below: "/approve",
				body: bootId === undefined ? {} : { bootId },
				done: () => "approved",
			});
		} catch (error) {
			if (!(error instanceof Failure) || error.exit === EXIT.unreachable || ids.length === 1) throw error;
			tellFailure(session, error);
			if (exit === EXIT.ok) exit = error.exit;
		}
	}
	return exit;
}
