import { type EventOf, type MachineId, NO_ROLE, type Timestamp } from "@rollcall/protocol";
import { foundersWith, foundersWithout } from "../etcd/founding.ts";
import { livingMembers } from "../etcd/members.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { spent } from "../hello-pace.ts";
import type { OpenCommand } from "../open-command.ts";
import { etcdRole } from "../seats/seats.ts";
import { impossibleOf } from "../targets/impossible.ts";
import type { IssuedTarget } from "../targets/issued-target.ts";
import { withoutFetch } from "./etcd.ts";
import { withoutLeaving } from "./leaving.ts";
import { changeMachine } from "./touch.ts";

/**
 * A new target, the empty one of a machine that leaves included. It fits only on the current boot of a machine that has a seat, or leaves
 * one, and only with a generation that was never used.
 */
export function applyIssued(fleet: Fleet, event: EventOf<"target-issued">): Fleet {
	const issued = changeMachine(fleet, event, (machine) => {
		const isMeant = event.role === NO_ROLE ? machine.leaving !== undefined : machine.seat !== undefined;
		if (!isMeant || machine.bootId !== event.bootId || event.generation <= machine.generation) return undefined;
		return {
			...machine,
			generation: event.generation,
			impossible: undefined,
			...(event.role === "control-plane" ? { sharedKeys: true } : {}),
			target: {
				generation: event.generation,
				digest: event.digest,
				bootId: event.bootId,
				role: event.role,
				...(event.programs ? { programs: event.programs } : {}),
				issuedAt: event.at,
				deadlineAt: event.deadlineAt,
				progress: "issued",
				seq: event.seq,
			},
		};
	});
	const document = fleet.cluster?.document;
	if (issued === fleet || !document || event.role !== etcdRole(document)) return issued;
	return { ...issued, founding: foundersWith(fleet, event.machineId) };
}

/** A machine holds a higher generation than the log knew; counting goes on above it. */
export function applyGenerationRaised(fleet: Fleet, event: EventOf<"generation-raised">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		event.generation > machine.generation
			? { ...machine, generation: event.generation, helloPace: spent(machine.helloPace, event.at) }
			: undefined,
	);
}

/** Why a machine with a seat gets no target. */
export function applyImpossible(fleet: Fleet, event: EventOf<"target-impossible">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.seat ? { ...machine, impossible: impossibleOf(event) } : undefined,
	);
}

/** Sets the progress of the target. A target that had ended and begins again gets its whole time again. */
export function applyProgress(fleet: Fleet, event: EventOf<"target-progress">): Fleet {
	const after = changeMachine(fleet, event, (machine) => {
		const { target } = machine;
		if (target?.generation !== event.generation || target.bootId !== event.bootId) return undefined;
		const ended = target.progress === "applied" || target.progress === "rejected";
		const again = ended && event.progress.state === "applying";
		const next: IssuedTarget = {
			...target,
			progress: event.progress.state,
			failedStep: event.progress.state === "rejected" ? event.progress.step : undefined,
			failedUnit: event.progress.state === "rejected" ? event.progress.unit : undefined,
			reason: event.progress.state === "rejected" ? event.progress.reason : undefined,
			issuedAt: again ? event.at : target.issuedAt,
			...(event.progress.state === "applied" ? { appliedAt: event.at } : {}),
			deadlineAt: again ? deadlineAgain(target, event.at) : target.deadlineAt,
		};
		return { ...machine, target: next, reported: Math.max(machine.reported, event.sequence ?? -1) };
	});
	if (after === fleet || event.progress.state !== "applied") return after;
	return emptied(withoutFetch(after, event.machineId, event.bootId), event.machineId);
}

/** A machine that applied the empty target holds nothing any more, and may have any seat. */
function emptied(fleet: Fleet, machineId: MachineId): Fleet {
	const machine = fleet.machines.get(machineId);
	if (!machine?.leaving || machine.target?.role !== NO_ROLE) return fleet;
	const machines = fleet.machines.set(machineId, { ...machine, target: undefined });
	return withoutLeaving({ ...fleet, machines, founding: foundersWithout(fleet, machineId) }, machineId);
}

/** The least time for a target that begins again: an adopted one has no time of its own. */
const AGAIN_MS = 150_000;

/** A target that begins again gets its whole time again. */
function deadlineAgain({ deadlineAt, issuedAt }: IssuedTarget, at: Timestamp): Timestamp {
	return at + Math.max(deadlineAt - issuedAt, AGAIN_MS);
}

/** The target was not applied in time. */
export function applyExpired(fleet: Fleet, event: EventOf<"target-expired">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.target?.generation === event.generation
			? {
					...machine,
					target: {
						...machine.target,
						progress: "rejected",
						failedStep: undefined,
						failedUnit: undefined,
						reason: event.reason,
					},
				}
			: undefined,
	);
}

/** The health of the live boot. */
export function applyHealth(fleet: Fleet, event: EventOf<"health-changed">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.bootId === event.bootId
			? { ...machine, health: event.health, reported: Math.max(machine.reported, event.sequence ?? -1) }
			: undefined,
	);
}

/** A command to a machine that has none open. */
export function applyCommandIssued(fleet: Fleet, event: EventOf<"command-issued">): Fleet {
	return changeMachine(fleet, event, (machine) => {
		if (machine.command) return undefined;
		const { commandId, command, bootId, deadlineAt, seq } = event;
		const voted = livingMembers(fleet).some((one) => one.votes && one.machineId === machine.machineId);
		return { ...machine, command: { commandId, command, bootId, ...(voted ? { voted } : {}), deadlineAt, seq } };
	});
}

/** The open command is over. One that was done lets a target begin again. */
export function applyCommandEnded(fleet: Fleet, event: EventOf<"command-ended">): Fleet {
	return changeMachine(fleet, event, (machine) => {
		if (machine.command?.commandId !== event.commandId) return undefined;
		const { commandId, deadlineAt } = machine.command;
		const failed = event.outcome === "failed" ? { failed: event.reason } : {};
		const ended = { ...machine, command: undefined, lastCommand: { commandId, deadlineAt, ...failed } };
		return event.outcome === "done" ? beginsAgain(ended, machine.command, event.at) : ended;
	});
}

/** After a reset nothing of the target is there any more, and the agent asks for one. */
function beginsAgain(machine: Machine, { command, bootId }: OpenCommand, at: Timestamp): Machine {
	const { target } = machine;
	if (command !== "reset" || !target || target.bootId !== bootId || machine.bootId !== bootId) return machine;
	const { progress: _, failedStep: _step, failedUnit: _unit, reason: _reason, appliedAt: _at, ...issued } = target;
	return { ...machine, target: { ...issued, progress: "issued", issuedAt: at, deadlineAt: deadlineAgain(target, at) } };
}
