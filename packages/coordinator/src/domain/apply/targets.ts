import type { EventOf } from "@rollcall/protocol";
import type { Fleet, IssuedTarget } from "../fleet.ts";
import { withoutFetch } from "./etcd.ts";
import { changeMachine } from "./touch.ts";

/** A new target. It fits only on a seated machine's current boot, and only with a generation that was never used. */
export function applyIssued(fleet: Fleet, event: EventOf<"target-issued">): Fleet {
	return changeMachine(fleet, event, (machine) => {
		if (!machine.seat || machine.bootId !== event.bootId || event.generation <= machine.generation) return undefined;
		return {
			...machine,
			generation: event.generation,
			impossible: undefined,
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
}

export function applyGenerationRaised(fleet: Fleet, event: EventOf<"generation-raised">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		event.generation > machine.generation ? { ...machine, generation: event.generation } : undefined,
	);
}

export function applyImpossible(fleet: Fleet, event: EventOf<"target-impossible">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.seat ? { ...machine, impossible: event.reason } : undefined,
	);
}

/** Where the target stands. One that had ended and begins again gets its whole time again. */
export function applyProgress(fleet: Fleet, event: EventOf<"target-progress">): Fleet {
	const after = changeMachine(fleet, event, (machine) => {
		const { target } = machine;
		if (target?.generation !== event.generation || target.bootId !== event.bootId) return undefined;
		const ended = target.progress === "applied" || target.progress === "rejected";
		const again = ended && event.progress.state === "applying";
		const next: IssuedTarget = {
			...target,
			progress: event.progress.state,
			reason: event.progress.state === "rejected" ? `${event.progress.step}: ${event.progress.reason}` : undefined,
			issuedAt: again ? event.at : target.issuedAt,
			...(event.progress.state === "applied" ? { appliedAt: event.at } : {}),
			deadlineAt: again ? event.at + Math.max(target.deadlineAt - target.issuedAt, AGAIN_MS) : target.deadlineAt,
		};
		return { ...machine, target: next, reported: Math.max(machine.reported, event.sequence ?? -1) };
	});
	const counts = after !== fleet && event.progress.state === "applied";
	return counts ? withoutFetch(after, event.machineId, event.bootId) : after;
}

/** The least time for a target that begins again: an adopted one has no time of its own. */
const AGAIN_MS = 150_000;

export function applyExpired(fleet: Fleet, event: EventOf<"target-expired">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.target?.generation === event.generation
			? { ...machine, target: { ...machine.target, progress: "rejected", reason: event.reason } }
			: undefined,
	);
}

export function applyHealth(fleet: Fleet, event: EventOf<"health-changed">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.bootId === event.bootId
			? { ...machine, health: event.health, reported: Math.max(machine.reported, event.sequence ?? -1) }
			: undefined,
	);
}

export function applyCommandIssued(fleet: Fleet, event: EventOf<"command-issued">): Fleet {
	return changeMachine(fleet, event, (machine) => {
		if (machine.command) return undefined;
		const { commandId, command, bootId, deadlineAt, seq } = event;
		return { ...machine, command: { commandId, command, bootId, deadlineAt, seq } };
	});
}

export function applyCommandEnded(fleet: Fleet, event: EventOf<"command-ended">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.command?.commandId === event.commandId ? { ...machine, command: undefined } : undefined,
	);
}
