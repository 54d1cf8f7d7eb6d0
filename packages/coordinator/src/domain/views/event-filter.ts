import { type Event, type EventType, type MachineId, SEVERITIES, type Severity, severityOf } from "@rollcall/protocol";

/** Which events a reader wants; all conditions must hold. */
export interface EventFilter {
	/** Ids of machines: events that are about one of them. */
	readonly machines?: ReadonlySet<string> | undefined;
	readonly types?: ReadonlySet<EventType> | undefined;
	/** At least so severe. */
	readonly severity?: Severity | undefined;
	/** A component of a machine: events that tell of its health. */
	readonly component?: string | undefined;
	/** Whom an event names as the one who did it. */
	readonly by?: string | undefined;
}

/** True when an event passes a filter. */
export function passes(event: Event, { machines, types, severity, component, by }: EventFilter): boolean {
	if (by !== undefined && !doersOf(event).includes(by)) return false;
	if (types && !types.has(event.type)) return false;
	if (machines && !mentioned(event).some((id) => machines.has(id))) return false;
	if (severity && SEVERITIES.indexOf(severityOf(event)) < SEVERITIES.indexOf(severity)) return false;
	return component === undefined || componentsOf(event).includes(component);
}

/** The machines that an event is about. */
export function mentioned(event: Event): MachineId[] {
	const { machineId, other } = event as { machineId?: MachineId; other?: MachineId };
	return [machineId, other].filter((id) => id !== undefined);
}

/** Who did what an event tells of, or tried to. */
function doersOf(event: Event): (string | undefined)[] {
	if (event.type === "requests-refused") return event.most.map(({ by }) => by);
	return "by" in event ? [event.by] : [];
}

function componentsOf(event: Event): string[] {
	return "health" in event ? event.health.map(({ component }) => component) : [];
}
