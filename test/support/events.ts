import type { EventOf, EventType } from "@rollcall/protocol";
import type { TestCoordinator } from "./coordinator.ts";

/** The events of one type behind `after`, oldest first. */
export async function eventsOf<T extends EventType>(
	coordinator: TestCoordinator,
	type: T,
	after = 0,
): Promise<EventOf<T>[]> {
	return (await coordinator.events(after)).filter((event): event is EventOf<T> => event.type === type);
}
