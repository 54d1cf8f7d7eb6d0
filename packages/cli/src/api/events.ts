import { EventPage, type EventType, type Severity } from "@rollcall/protocol";
import type { Api } from "./client.ts";

/** Which events are wanted; all conditions must hold, and the coordinator keeps the others back. */
export interface EventFilter {
	/** Any names of machines. */
	readonly machine?: readonly string[] | undefined;
	readonly type?: readonly EventType[] | undefined;
	/** At least so severe. */
	readonly severity?: Severity | undefined;
	readonly component?: string | undefined;
	/** The token or the person who did it. */
	readonly by?: string | undefined;
}

/** A filter as the API takes it. */
export function filterQuery(filter: EventFilter = {}): URLSearchParams {
	const query = new URLSearchParams();
	for (const [name, value] of Object.entries(filter))
		for (const one of [value].flat()) if (one !== undefined) query.append(name, String(one));
	return query;
}

/** The number before the first event at or after a time (milliseconds since 1970); that of the newest where there is none. */
export async function seqBefore(api: Api, time: number): Promise<number> {
	const query = new URLSearchParams({ since: new Date(time).toISOString(), limit: "1" });
	const { value } = await api.ask(EventPage, { path: `/v1/events?${query}`, subject: "events" });
	const [first] = value.events;
	return first === undefined ? value.last : first.seq - 1;
}
