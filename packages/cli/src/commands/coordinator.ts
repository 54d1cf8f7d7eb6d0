import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { constants } from "node:os";
import { Failure, usageFailure } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { PROGRAM_NODE } from "../program-root.ts";
import type { AddCommand, Session } from "../session.ts";
import { COORDINATOR_MAIN } from "../up/coordinator.ts";

const AFTER = `
It runs in the foreground and ends on SIGTERM or Ctrl-C; its exit code is passed on. Its log goes to stderr: lines to read on a terminal,
JSON lines elsewhere. At the first start it says where the operator's token is.
--show writes a sealed file in clear; set \`umask 077\` before you send it to a file.

Examples:
  rollcall coordinator --config /etc/rollcall/coordinator.yaml
  rollcall coordinator --config FILE --show admin-token`;

interface Wish {
	readonly config: string;
	readonly show?: string;
}

/** `rollcall coordinator --config FILE`. */
export const addCoordinator: AddCommand = (program, run) => {
	program
		.command("coordinator")
		.description("the coordinator alone, for real machines")
		.requiredOption("-c, --config <file>", "its configuration, YAML")
		.option("--show <secret>", "write a secret of its data folder in clear, such as admin-token, and end")
		.addHelpText("after", AFTER)
		.action((options: Wish, command) => run(command, (session) => foreground(session, options)));
};

async function foreground(session: Session, { config, show }: Wish): Promise<ExitCode> {
	await access(config).catch(() => {
		throw usageFailure(`${config}: there is no such file`, "deploy/ has examples of coordinator configurations");
	});
	const child = spawn(
		PROGRAM_NODE,
		[COORDINATOR_MAIN, "--config", config, ...(show === undefined ? [] : ["--show", show])],
		{ stdio: "inherit" },
	);
	// On a terminal Ctrl-C reaches the whole group already; a second signal of the same kind does the coordinator no harm.
	const release = session.onStop((signal) => child.kill(signal));
	try {
		return await new Promise<ExitCode>((resolve, reject) => {
			child.once("error", (cause) =>
				reject(new Failure(`the coordinator cannot be started: ${cause.message}`, { cause })),
			);
			child.once("exit", (code, signal) =>
				// As a shell says it: 128 and the signal's number.
				resolve((code ?? 128 + (signal ? constants.signals[signal] : 0)) as ExitCode),
			);
		});
	} finally {
		release();
	}
}
