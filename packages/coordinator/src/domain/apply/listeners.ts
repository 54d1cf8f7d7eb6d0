import type { EventOf } from "@rollcall/protocol";
import { listenersChanged } from "../certificates/listener-trust.ts";
import type { Fleet } from "../fleet.ts";

/** Whom clients of the coordinators' listeners are to believe. */
export function applyListeners(fleet: Fleet, event: EventOf<"listeners-changed">): Fleet {
	return { ...fleet, listeners: listenersChanged(fleet.listeners, event) };
}

/** These boots believe whom the event `since` named. */
export function applyListenersBelieved(fleet: Fleet, { since, machines }: EventOf<"listeners-believed">): Fleet {
	return {
		...fleet,
		machines: machines.reduce((all, { machineId, bootId }) => {
			const machine = all.get(machineId);
			if (machine?.bootId !== bootId) return all;
			return all.set(machineId, { ...machine, listenersKnown: { bootId, since } });
		}, fleet.machines),
	};
}
