import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, refuse, rejected, unknownMachine } from "./verdict.ts";

/** A person wants a machine to reboot, or to drop what it runs. One such command at a time. */
export function command(fleet: Fleet, input: InputOf<"command">): Verdict {
	const { machineId, commandId, deadlineAt, by } = input;
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	if (machine.approval === "rejected") return refuse(rejected(machine));
	if (machine.command) {
		return refuse({
			code: "conflict",
			message: `machine ${machineId} has not ended its ${machine.command.command} yet`,
			next: "wait for its end; it has a deadline",
			machineId,
		});
	}
	if (machine.lease === "lost") {
		return refuse({
			code: "machine-unreachable",
			message: `machine ${machineId} cannot be told to ${input.command}: it is lost`,
			next: "look at the machine itself, or switch it off and on",
			machineId,
		});
	}
	const { bootId } = machine;
	return accept([{ type: "command-issued", machineId, bootId, commandId, command: input.command, deadlineAt, by }], {
		kind: "command",
		machineId,
		bootId,
		commandId,
	});
}
