import type { Timestamp } from "@rollcall/protocol";
import type { Look } from "./drafts.ts";
import { etcdHolders, livingMembers } from "./etcd/members.ts";
import { isBoot } from "./etcd/taken-out.ts";
import type { Fleet, Machine } from "./fleet.ts";

/**
 * Ends the commands that are done, by a new boot, and those whose time is over. (A reset is also ended by a hello that runs nothing.)
 * A machine that had a vote in etcd is done when it votes again: until then the next one must wait.
 */
export function commandEnd(fleet: Fleet, at: Timestamp): Look {
	return (machine) => {
		const { command, machineId } = machine;
		if (!command) return undefined;
		const { commandId, seq: cause } = command;
		const isAnew = machine.bootId !== command.bootId;
		const catchesUp = isAnew && command.voted && isToVote(fleet, machine);
		if (isAnew && !catchesUp) {
			const reason = `the machine was booted anew${command.voted && runsEtcd(fleet, machine) ? ", and votes in etcd again" : ""}`;
			return { type: "command-ended", machineId, commandId, outcome: "done", reason, cause };
		}
		if (at < command.deadlineAt) return undefined;
		return {
			type: "command-ended",
			machineId,
			commandId,
			outcome: "failed",
			reason: whyNot(machine, catchesUp),
			cause,
		};
	};
}

function whyNot({ lease }: Machine, catchesUp: boolean | undefined): string {
	if (lease === "lost") return "the machine is lost";
	return catchesUp
		? "the machine was booted anew, and does not vote in etcd again yet"
		: "nothing was seen of it in time";
}

function runsEtcd(fleet: Fleet, machine: Machine): boolean {
	return etcdHolders(fleet).includes(machine);
}

/** It has a seat for etcd, and this boot has no vote yet. */
function isToVote(fleet: Fleet, machine: Machine): boolean {
	return runsEtcd(fleet, machine) && !livingMembers(fleet).some((one) => one.votes && isBoot(machine)(one));
}
