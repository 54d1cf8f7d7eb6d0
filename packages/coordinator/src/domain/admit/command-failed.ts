import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING } from "./verdict.ts";

/** A command did not reach its machine. One that has ended since is left alone. */
export function commandFailed(fleet: Fleet, { machineId, commandId, reason }: InputOf<"command-failed">): Verdict {
	const command = fleet.machines.get(machineId)?.command;
	if (command?.commandId !== commandId) return NOTHING;
	return accept([
		{
			type: "command-ended",
			machineId,
			commandId,
			outcome: "failed",
			reason: reason.slice(0, 1024),
			cause: command.seq,
		},
	]);
}
