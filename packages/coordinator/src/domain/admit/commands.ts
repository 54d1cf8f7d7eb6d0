import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, refuse, rejected, unknownMachine } from "./verdict.ts";

/**
 * A person wants a machine to reboot, or to drop what it runs. One such command at a time. One that was recorded already, by its
 * id, is answered again and nothing more.
 */
export function command(fleet: Fleet, input: InputOf<"command">): Verdict {
	const { machineId, commandId, deadlineAt, by } = input;
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	if (machine.approval === "rejected") return refuse(rejected(machine));
	const answer = { kind: "command", machineId, commandId } as const;
	if (machine.command?.commandId === commandId) {
		const { bootId, deadlineAt } = machine.command;
		return accept([], { ...answer, bootId, deadlineAt });
	}
	if (machine.lastCommand?.commandId === commandId) {
		const { failed, deadlineAt } = machine.lastCommand;
		if (failed === undefined) return accept([], { ...answer, bootId: machine.bootId, deadlineAt, over: true });
		return refuse({
			code: "conflict",
			message: `machine ${machineId}: this ${input.command} was begun before and failed: ${failed}`.slice(0, 2048),
			next: `rollcall why ${machineId}; then ask for another one`,
			machineId,
		});
	}
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
		...answer,
		bootId,
		deadlineAt,
	});
}

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
			reason,
			cause: command.seq,
		},
	]);
}
