import { setTimeout as delay } from "node:timers/promises";
import type { Event, MachineView, Trouble } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { followEvents } from "../api/event-stream.ts";
import { listMachines, type MachineFilter } from "../api/machines.ts";

/** Shortest time between two looks at the fleet, so that a storm of events costs a few requests a second. */
const LEAST_PAUSE_MS = 250;

/** What a feed follows, and whom it tells. */
export interface FleetFeed {
	/** Events behind this number are told. */
	readonly after: number;
	readonly filter?: MachineFilter;
	readonly signal: AbortSignal;
	/** The fleet, and what is not well about it as a whole. */
	readonly onFleet: (machines: readonly MachineView[], trouble: readonly Trouble[]) => void;
	readonly onEvent?: (event: Event, text: string) => void;
	readonly onLost?: (reason: string) => void;
	readonly onBack?: () => void;
	/** True: the first connection is tried again, too. */
	readonly patient?: boolean;
}

/**
 * Tells the fleet as it is now, and again after every change, until the signal is aborted. Events only wake it: the list of
 * machines is always the API's own. Throws Failure when the coordinator refuses.
 */
export async function feedFleet(api: Api, feed: FleetFeed): Promise<void> {
	const stop = new AbortController();
	const signal = AbortSignal.any([feed.signal, stop.signal]);
	let wake = () => {};
	let stale = true;
	const look = () => {
		stale = true;
		wake();
	};
	const following = followEvents(api.connection, {
		after: feed.after,
		signal,
		...(feed.patient === undefined ? {} : { patient: feed.patient }),
		...(feed.onLost ? { onLost: feed.onLost } : {}),
		onBack: () => {
			feed.onBack?.();
			look();
		},
		onFrame: (frame) => {
			if (frame.kind === "event") feed.onEvent?.(frame.event, frame.text);
			look();
		},
	}).finally(() => stop.abort());
	const looking = (async () => {
		while (!signal.aborted) {
			if (!stale) {
				await new Promise<void>((resolve) => {
					wake = resolve;
					signal.addEventListener("abort", () => resolve(), { once: true });
					if (stale || signal.aborted) resolve();
				});
				continue;
			}
			stale = false;
			// A failure here is the stream's as well, which says what is wrong and when it is over.
			const looks = [listMachines(api, { ...feed.filter, signal }), api.status(signal)] as const;
			const [machines, status] = await Promise.all(looks).catch(() => []);
			if (signal.aborted) break;
			if (machines && status) feed.onFleet(machines.value, status.value.trouble);
			else stale = true;
			await delay(LEAST_PAUSE_MS, undefined, { signal }).catch(() => undefined);
		}
	})();
	await Promise.all([following, looking]);
}
