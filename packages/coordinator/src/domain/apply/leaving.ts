import type { EventOf, MachineId } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import type { Leaving } from "../seats/left-seat.ts";
import { changeMachine } from "./touch.ts";

/** How long a node is drained at most before what runs on it is stopped all the same, in milliseconds. */
const DRAIN_MS = 300_000;

/** What a machine still holds when it loses its seat: nothing, when this boot of it was never given a target. */
export function leavingOf(fleet: Fleet, machine: Machine, event: EventOf<"machine-released">): Leaving | undefined {
	const { seat, target, bootId, lease, approval, node } = machine;
	if (!seat || target?.bootId !== bootId) return undefined;
	const isHere = lease !== "lost" && approval === "approved";
	const isNode = isHere && node !== undefined && fleet.kubernetes !== undefined;
	return {
		role: seat.role,
		nodeName: seat.nodeName,
		keepsName: isHere,
		...(isNode ? { drainUntil: event.at + DRAIN_MS } : {}),
		seq: event.seq,
		at: event.at,
	};
}

/** The fleet in which a machine has nothing to leave any more; others may have its node name, unless its seat has it too. */
export function withoutLeaving(fleet: Fleet, machineId: MachineId): Fleet {
	const machine = fleet.machines.get(machineId);
	const { leaving, seat } = machine ?? {};
	if (!machine || !leaving) return fleet;
	const isFreed = leaving.keepsName && seat?.nodeName !== leaving.nodeName;
	return {
		...fleet,
		machines: fleet.machines.set(machineId, { ...machine, leaving: undefined }),
		nodeNames: isFreed ? fleet.nodeNames.delete(leaving.nodeName) : fleet.nodeNames,
	};
}

/** How far the drain is of a node whose machine loses its seat. */
export function applyDrain(fleet: Fleet, event: EventOf<"drain-changed">): Fleet {
	return changeMachine(fleet, event, (machine) => {
		const { leaving, bootId } = machine;
		if (!leaving || bootId !== event.bootId || leaving.nodeName !== event.nodeName) return undefined;
		return { ...machine, leaving: { ...leaving, drain: { state: event.drain, reason: event.reason } } };
	});
}
