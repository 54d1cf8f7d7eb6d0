import { decodeEntry, linkOf } from "@rollcall/coordinator/simulator";
import { readSnapshot } from "./data-folder.ts";
import type { LogStore } from "./log-store.ts";
import { apply, EMPTY_FLEET } from "./truth.ts";

/** The state that a log means as it is now: a state that is kept in its store, where older entries were taken out, and what follows. Undefined where an entry is missing. */
export function foldOf({ states, origin, first, last, entries, written }: LogStore): typeof EMPTY_FLEET | undefined {
	const kept = states.flatMap((text) => readSnapshot(text) ?? []);
	// One that was kept before the log went back may be of what is lost.
	const isOf = ({ position, link }: (typeof kept)[number]): boolean => {
		const bytes = entries.get(position);
		return bytes !== undefined && linkOf(bytes) === link;
	};
	const state = kept.findLast((one) => one.origin === `log-${origin}` && one.position <= last && isOf(one));
	if (first > 1 && !state) return undefined;
	let fleet = state?.fleet ?? EMPTY_FLEET;
	for (let position = (state?.position ?? 0) + 1; position <= last; position++) {
		const bytes = entries.get(position);
		if (!bytes) return undefined;
		for (const event of decodeEntry(position, bytes, "unknown", written.get(bytes)).entry.events)
			fleet = apply(fleet, event);
	}
	return fleet;
}
