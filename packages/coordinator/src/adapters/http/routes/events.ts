import { EVENT_TYPES, type Event, EventPage, type EventType, StreamFrame } from "@rollcall/protocol";
import { z } from "zod";
import type { Api } from "../dependencies.ts";
import { hideEventSecrets } from "../hide-secrets.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { EXAMPLE_EVENTS } from "./examples.ts";
import { MachineIdQuery, NOTHING, wholeNumber } from "./parameters.ts";

const after = wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional();
const EventsQuery = z.strictObject({
	after,
	limit: wholeNumber({ min: 1, max: 1000 }).optional(),
	machine: MachineIdQuery,
	type: z.enum(EVENT_TYPES as [EventType, ...EventType[]]).optional(),
});

/** What opening the event stream takes. `after`: the last event that the reader has; without it, only what is new is sent. */
export const StreamQuery = z.strictObject({ after });

function isWanted(event: Event, query: z.output<typeof EventsQuery>): boolean {
	if (query.type !== undefined && event.type !== query.type) return false;
	return query.machine === undefined || ("machineId" in event && event.machineId === query.machine);
}

/** Reads on until the page is full, the log ends, or as much was looked at as one request may. */
async function readPage(api: Api, query: z.output<typeof EventsQuery>): Promise<z.input<typeof EventPage>> {
	const limit = query.limit ?? 100;
	const events: Event[] = [];
	let next = query.after ?? 0;
	for (let looked = 0; looked < api.limits.scanEvents && events.length < limit; ) {
		const page = await api.core.events(next, api.limits.pageEvents);
		if (page.length === 0) break;
		for (const event of page) {
			if (events.length === limit) break;
			next = event.seq;
			looked += 1;
			if (isWanted(event, query)) events.push(hideEventSecrets(event));
		}
	}
	return { events, next, last: api.core.fleet().seq };
}

/** What happened. */
export const EVENT_ROUTES: readonly Route[] = [
	route({
		method: "GET",
		path: "/v1/events",
		summary: "Recorded events, oldest first; the same address upgraded to a WebSocket is the event stream",
		scope: "read",
		leads: false,
		params: NOTHING,
		query: EventsQuery,
		body: null,
		status: 200,
		response: EventPage,
		example: EXAMPLE_EVENTS,
		refusals: ["not-ready"],
		answer: (api, { query }) => readPage(api, query),
	}),
	route({
		method: "GET",
		path: "/v1/events/stream",
		summary: "The event stream: a WebSocket whose frames look like this; without an upgrade it is refused",
		scope: "read",
		leads: false,
		params: NOTHING,
		query: StreamQuery,
		body: null,
		status: 200,
		response: StreamFrame,
		example: { kind: "caught-up", seq: 12 },
		refusals: [],
		answer() {
			throw refuse("bad-request", "the event stream is a WebSocket", {
				next: "connect with a WebSocket client, or GET /v1/events for a page of events",
			});
		},
	}),
];
