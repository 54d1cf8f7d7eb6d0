import type { BootId, EventOf } from "@rollcall/protocol";
import { type Fleet, fencedBoots, MAX_FENCED, MAX_REMOVED, type Machine, seatKey } from "../fleet.ts";
import { moveClaims } from "./claims.ts";
import { changeMachine, touch } from "./touch.ts";

/** A boot of a machine begins, or goes on with another key. What an earlier boot ran and how it was is over. */
export function applyEnrolled(fleet: Fleet, event: EventOf<"machine-enrolled">): Fleet {
	const known = fleet.machines.get(event.machineId);
	if (fencedBoots(fleet, event.machineId).includes(event.bootId)) return fleet;
	const removed = fleet.removed.get(event.machineId);
	const sameBoot = known?.bootId === event.bootId;
	const facts = { ...event.facts, bootId: event.bootId };
	const machine: Machine = {
		...(known ?? {
			approval: "waiting",
			approvalReason: "nobody has approved it yet",
			generation: removed?.generation ?? 0,
			fenced: removed?.boots.filter((boot) => boot !== event.bootId) ?? [],
			spoken: [],
			changedAt: event.at,
			changedSeq: event.seq,
			trail: [],
		}),
		machineId: event.machineId,
		bootId: event.bootId,
		publicKey: event.publicKey,
		facts,
		identity: known?.identity ?? event.identity,
		labels: event.labels,
		lease: "alive",
		leaseAt: event.at,
		target: sameBoot ? known.target : undefined,
		impossible: undefined,
		health: sameBoot ? known.health : [],
		node: sameBoot ? known.node : undefined,
		reported: sameBoot ? known.reported : -1,
		enrolledAt: event.at,
	};
	if (known && !sameBoot && !known.fenced.includes(known.bootId)) {
		return applyEnrolled(withFenced(fleet, known, known.bootId), event);
	}
	const token = event.tokenId === undefined ? undefined : fleet.tokens.get(event.tokenId);
	const { machineId, bootId, publicKey } = event;
	return {
		...fleet,
		machines: fleet.machines.set(machineId, touch(machine, event)),
		claims: moveClaims(fleet.claims, machineId, { before: known?.facts, after: facts }),
		tokens: token
			? fleet.tokens.set(token.tokenId, { ...token, usedBy: { machineId, bootId, publicKey } })
			: fleet.tokens,
	};
}

export function applyFenced(fleet: Fleet, event: EventOf<"incarnation-fenced">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.bootId === event.bootId && !machine.fenced.includes(event.bootId)
			? fence(machine, event.bootId)
			: undefined,
	);
}

export function applyFencedSpoke(fleet: Fleet, event: EventOf<"fenced-incarnation-spoke">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.fenced.includes(event.bootId) && !machine.spoken.includes(event.bootId)
			? { ...machine, spoken: [...machine.spoken, event.bootId] }
			: undefined,
	);
}

export function applyFactsChanged(fleet: Fleet, event: EventOf<"facts-changed">): Fleet {
	const before = fleet.machines.get(event.machineId)?.facts;
	const changed = changeMachine(fleet, event, (machine) =>
		machine.bootId === event.bootId ? { ...machine, facts: { ...event.facts, bootId: event.bootId } } : undefined,
	);
	const after = changed.machines.get(event.machineId)?.facts;
	if (changed === fleet || !before) return changed;
	return { ...changed, claims: moveClaims(changed.claims, event.machineId, { before, after }) };
}

/** A machine is forgotten but for what keeps its old boots from coming back by themselves. */
export function applyRemoved(fleet: Fleet, event: EventOf<"machine-removed">): Fleet {
	const machine = fleet.machines.get(event.machineId);
	if (!machine) return fleet;
	const boots = [...machine.fenced, machine.bootId].slice(-MAX_FENCED);
	const removed = fleet.removed.set(event.machineId, { generation: machine.generation, boots, seq: event.seq });
	const { seat } = machine;
	return {
		...fleet,
		machines: fleet.machines.delete(event.machineId),
		removed: removed.size > MAX_REMOVED ? forgetOldest(removed) : removed,
		seats: seat ? fleet.seats.delete(seatKey(seat.slot, seat.seat)) : fleet.seats,
		nodeNames: seat ? fleet.nodeNames.delete(seat.nodeName) : fleet.nodeNames,
		claims: moveClaims(fleet.claims, event.machineId, { before: machine.facts, after: undefined }),
	};
}

function fence(machine: Machine, bootId: BootId): Machine {
	const fenced = [...machine.fenced, bootId].slice(-MAX_FENCED);
	return { ...machine, fenced, spoken: machine.spoken.filter((boot) => fenced.includes(boot)) };
}

function withFenced(fleet: Fleet, machine: Machine, bootId: BootId): Fleet {
	return { ...fleet, machines: fleet.machines.set(machine.machineId, fence(machine, bootId)) };
}

/** Drops the oldest quarter, so that the sorting is paid for by many removals. */
function forgetOldest(removed: Fleet["removed"]): Fleet["removed"] {
	const oldest = [...removed.entries()].sort(([, a], [, b]) => a.seq - b.seq).slice(0, MAX_REMOVED / 4);
	return removed.deleteAll(oldest.map(([machineId]) => machineId));
}
