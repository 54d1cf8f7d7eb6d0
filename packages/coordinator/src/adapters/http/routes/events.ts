import { EVENT_TYPES, type Event, EventPage, type EventType, SEVERITIES, StreamFrame } from "@rollcall/protocol";
import { z } from "zod";
import { inDates, timesSince } from "../../../domain/clocks/log-clock.ts";
import type { Fleet } from "../../../domain/fleet.ts";
import { isEventInReach } from "../../../domain/reach.ts";
import { type EventFilter, passes } from "../../../domain/views/event-filter.ts";
import type { Api, Caller } from "../dependencies.ts";
import { findMachine } from "../find-machine.ts";
import { hideEventSecrets } from "../hide-secrets.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { EXAMPLE_EVENTS } from "./examples.ts";
import { MachineParams, NOTHING, wholeNumber } from "./parameters.ts";

const after = wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional();
/** One value, or several as the same parameter again. */
function several<T extends z.ZodType>(one: T) {
	return z.union([one.transform((value) => [value]), z.array(one).max(32)]).optional();
}

const filters = {
	/** By any name of the machine; events that are about one of them. */
	machine: several(MachineParams.shape.id),
	type: several(z.enum(EVENT_TYPES as [EventType, ...EventType[]])),
	/** At least so severe. */
	severity: z.enum(SEVERITIES).optional(),
	component: z.string().min(1).max(64).optional(),
	/** What this token or person did, or tried to. */
	by: z.string().min(1).max(128).optional(),
};
const EventsQuery = z.strictObject({
	after,
	/** Begin at the first event at or after this time (ISO 8601), where that is later than `after`. */
	since: z.iso.datetime({ offset: true }).optional(),
	limit: wholeNumber({ min: 1, max: 1000 }).optional(),
	...filters,
});

/** What opening the event stream takes. `after`: the last event that the reader has; without it, only what is new is sent. */
export const StreamQuery = z.strictObject({ after, ...filters });

/** The filter that a query asks for. Throws a Refusal for a machine that is not known. */
export function filterOf(
	fleet: Fleet,
	query: Omit<z.output<typeof StreamQuery>, "after">,
	caller: Pick<Caller, "reach">,
): EventFilter {
	const { machine, type, severity, component, by } = query;
	return {
		machines: machine && new Set<string>(machine.map((name) => findMachine(fleet, name, caller).machineId)),
		types: type && new Set(type),
		severity,
		component,
		by,
	};
}

/** The number before the first event whose date is at or after one; that of the newest where there is none. */
async function seqBefore(api: Api, date: number): Promise<number> {
	const fleet = api.core.fleet();
	for (const { from, until } of timesSince(fleet, date)) {
		const seq = await seqBeforeTime(api, from);
		const [event] = await api.core.events(seq, 1);
		if (event && event.at < until) return seq;
	}
	return fleet.seq;
}

/** The same for a time of the log. Numbers have no gaps and the log's time goes on with them, so halving finds it. */
async function seqBeforeTime(api: Api, time: number): Promise<number> {
	let low = 0;
	let high = api.core.fleet().seq;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		const [event] = await api.core.events(middle, 1);
		if (event === undefined || event.at >= time) high = middle;
		else low = event.seq;
	}
	return low;
}

/** Reads on until the page is full, the log ends, or as much was looked at as one request may. */
async function readPage(
	api: Api,
	query: z.output<typeof EventsQuery>,
	caller: Caller,
): Promise<z.input<typeof EventPage>> {
	const limit = query.limit ?? 100;
	const events: Event[] = [];
	const filter = filterOf(api.core.fleet(), query, caller);
	const since = query.since === undefined ? 0 : await seqBefore(api, Date.parse(query.since));
	let next = Math.max(query.after ?? 0, since);
	for (let looked = 0; looked < api.limits.scanEvents && events.length < limit; ) {
		const page = await api.core.events(next, api.limits.pageEvents);
		if (page.length === 0) break;
		for (const event of page) {
			if (events.length === limit) break;
			next = event.seq;
			looked += 1;
			if (passes(event, filter) && isEventInReach(api.core.fleet(), caller.reach, event))
				events.push(inDates(api.core.fleet(), hideEventSecrets(event)));
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
		scope: "viewer",
		partial: "list",
		leads: false,
		params: NOTHING,
		query: EventsQuery,
		body: null,
		status: 200,
		response: EventPage,
		example: EXAMPLE_EVENTS,
		refusals: ["not-ready", "unknown-machine", "conflict"],
		answer: (api, { query, caller }) => readPage(api, query, caller),
	}),
	route({
		method: "GET",
		path: "/v1/events/stream",
		summary: "The event stream: a WebSocket whose frames look like this; without an upgrade it is refused",
		scope: "viewer",
		partial: "list",
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
