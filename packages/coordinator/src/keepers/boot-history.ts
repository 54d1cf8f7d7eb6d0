import type { Event } from "@rollcall/protocol";
import type { Core } from "../ports/core.ts";

/** So far back the log is read for boots; a fleet of a thousand machines writes it within an hour or two of booting. */
const LOOK_BACK_EVENTS = 20_000;
const PAGE_EVENTS = 5_000;

/**
 * Calls `hear` with the newest events of the log and then with every one as it comes, in order and once. A coordinator that was
 * started from a snapshot hears nothing of what is in it otherwise. Returns how to stop.
 */
export function hearFromLog(
	core: Pick<Core, "fleet" | "events" | "subscribe" | "ready">,
	hear: (event: Event) => void,
): { readonly look: () => void; readonly stop: () => void } {
	let heard: number | undefined;
	let reading = false;
	let stopped = false;
	const unsubscribe = core.subscribe((event) => {
		// Until the past was heard, what comes now is read with it.
		if (heard === undefined) return;
		heard = event.seq;
		hear(event);
	});
	const readPast = async (): Promise<void> => {
		let after = Math.max(0, core.fleet().seq - LOOK_BACK_EVENTS);
		while (!stopped && after < core.fleet().seq) {
			const page = await core.events(after, PAGE_EVENTS);
			const last = page.at(-1);
			if (!last) break;
			for (const event of page) hear(event);
			after = last.seq;
		}
		heard = after;
	};
	return {
		look() {
			if (heard !== undefined || reading || !core.ready().ready) return;
			reading = true;
			// The log is not there now: again at the next look.
			void readPast()
				.catch(() => undefined)
				.finally(() => {
					reading = false;
				});
		},
		stop() {
			stopped = true;
			unsubscribe();
		},
	};
}
