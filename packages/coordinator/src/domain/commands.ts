import type { Timestamp } from "@rollcall/protocol";
import type { Look } from "./drafts.ts";

/** Ends the commands that are done, by a new boot, and those whose time is over. (A reset is also ended by a hello that runs nothing.) */
export function commandEnd(at: Timestamp): Look {
	return (machine) => {
		const { command, machineId } = machine;
		if (!command) return undefined;
		const { commandId, seq: cause } = command;
		if (machine.bootId !== command.bootId) {
			return {
				type: "command-ended",
				machineId,
				commandId,
				outcome: "done",
				reason: "the machine was booted anew",
				cause,
			};
		}
		if (at < command.deadlineAt) return undefined;
		const why = machine.lease === "lost" ? "the machine is lost" : "nothing was seen of it in time";
		return { type: "command-ended", machineId, commandId, outcome: "failed", reason: why, cause };
	};
}
