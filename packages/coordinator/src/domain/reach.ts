import { type Event, ownValue, type Reach } from "@rollcall/protocol";
import type { Fleet, Machine } from "./fleet.ts";
import { mentioned } from "./views/event-filter.ts";

/** True when a reach names machines, so that not all are in it. */
export function isPartial(reach: Reach | undefined): reach is Reach {
	return reach !== undefined && (reach.role !== undefined || Object.keys(reach.labels ?? {}).length > 0);
}

/** True when a machine is one that a token with this reach may see and direct. */
export function isInReach(reach: Reach | undefined, { labels, seat }: Machine): boolean {
	if (!reach) return true;
	if (reach.role !== undefined && seat?.role !== reach.role) return false;
	return Object.entries(reach.labels ?? {}).every(([key, value]) => ownValue(labels, key) === value);
}

/** True when an event is about machines in reach alone. Where all are, what is about none of them is, too. */
export function isEventInReach(fleet: Fleet, reach: Reach | undefined, event: Event): boolean {
	if (!isPartial(reach)) return true;
	const machines = mentioned(event).map((id) => fleet.machines.get(id));
	return machines.length > 0 && machines.every((machine) => machine !== undefined && isInReach(reach, machine));
}

/** The fleet with those machines alone that are in reach: what may be counted and told of. */
export function fleetInReach(fleet: Fleet, reach: Reach | undefined): Fleet {
	if (!isPartial(reach)) return fleet;
	return { ...fleet, machines: fleet.machines.filter((machine) => isInReach(reach, machine)) };
}

/** A reach in words. */
export function reachText({ cluster, labels, role }: Reach): string {
	const machines = [
		...(role === undefined ? [] : [`the role ${role}`]),
		...Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`),
	];
	return [
		...(machines.length > 0 ? [`machines with ${machines.join(", ")}`] : []),
		...(cluster === undefined ? [] : [`cluster ${cluster}`]),
	].join(" of ");
}
