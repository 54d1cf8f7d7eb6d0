import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Event } from "@rollcall/protocol";
import type { FastifyInstance } from "fastify";
import { WebSocketServer } from "ws";
import { isEventInReach } from "../../../domain/reach.ts";
import { passes } from "../../../domain/views/event-filter.ts";
import { remoteKey } from "../../../rate/rate-limit.ts";
import { mayGoOn, showsOf } from "../caller.ts";
import { checkNamedHost } from "../check-host.ts";
import { checkedPart } from "../checked-part.ts";
import type { Api } from "../dependencies.ts";
import { spend } from "../limiters.ts";
import { INTERNAL, problemResponse, type Refusal, refusalOf, refuse, tooMany } from "../problem.ts";
import { filterOf, StreamQuery } from "../routes/events.ts";
import { admitToken, type Serving } from "../serve-route.ts";
import type { ReaderStart } from "./reader.ts";
import { Readers } from "./readers.ts";

/** Both addresses are the same stream: the one that pages come from, and one for those who want it apart. */
const STREAM_PATHS: ReadonlySet<string> = new Set(["/v1/events", "/v1/events/stream"]);

/** What a token needs for it. */
const NEEDED = { scope: "viewer", partial: "list", route: "GET /v1/events/stream" } as const;

const NO_HANDSHAKE = refuse("bad-request", "this is not a WebSocket handshake (RFC 6455, 4.2.1)", {
	path: "headers",
	next: "connect with a WebSocket client, or GET /v1/events for a page of events",
});

/** Adds the event stream to the server. It ends with the app. */
export function serveStream(app: FastifyInstance, serving: Serving): void {
	const { api } = serving;
	const sockets = new WebSocketServer({
		noServer: true,
		clientTracking: false,
		perMessageDeflate: false,
		maxPayload: api.limits.frameBytes,
	});
	const readers = new Readers(api);

	app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
		socket.on("error", () => socket.destroy());
		admitReader(serving, request, () => readers.size)
			.then((start) => sockets.handleUpgrade(request, socket, head, (webSocket) => readers.add(webSocket, start)))
			.catch((error: unknown) => {
				const refusal = refusalOf(error);
				if (!refusal) api.log.error({ err: error }, "an event stream could not be opened");
				socket.end(problemResponse(refusal ?? INTERNAL));
			});
	});
	sockets.on("wsClientError", (_error, socket) => {
		socket.end(problemResponse(NO_HANDSHAKE));
	});
	app.addHook("preClose", async () => readers.stop());
}

/** Everything that must hold before a stream is opened. Throws a Refusal. */
async function admitReader(serving: Serving, request: IncomingMessage, readers: () => number): Promise<ReaderStart> {
	const { api, limiters } = serving;
	const ip = request.socket.remoteAddress;
	spend(limiters.requests, remoteKey(ip), "requests from this address");
	checkNamedHost(api, request.headers.host);
	const [path = "", ...rest] = (request.url ?? "").split("?");
	const search = rest.join("?");
	if (!STREAM_PATHS.has(path)) throw refuse("not-found", "this route is no WebSocket", { next: "use /v1/events" });
	// Each browser says where its page is from, and the command line never does.
	if (request.headers.origin !== undefined) {
		throw refuse("forbidden", "no page in a browser may open the event stream", {
			next: "read it with `rollcall watch`, or a program that sends no Origin",
		});
	}
	const shows = showsOf(request);
	const caller = await admitToken(serving, NEEDED, { shows, ip });
	const next = "GET /v1/openapi.json says what GET /v1/events/stream takes";
	const query = checkedPart(StreamQuery, parametersOf(search), { what: "query", next });
	const last = api.core.fleet().seq;
	const after = query.after ?? last;
	if (after > last) throw aheadOfLog(api, after);
	if (readers() >= api.limits.readers) throw tooMany("readers of the event stream", 30);
	const filter = filterOf(api.core.fleet(), query, caller);
	const wants = (event: Event) => passes(event, filter) && isEventInReach(api.core.fleet(), caller.reach, event);
	return {
		after,
		wants,
		reauthorize: () => mayGoOn(api, { caller, shows }, NEEDED),
	};
}

/** The parameters of a query; one that comes several times is a list. */
function parametersOf(search: string): Record<string, string | string[]> {
	const parameters = new URLSearchParams(search);
	return Object.fromEntries(
		[...new Set(parameters.keys())].map((name) => {
			const values = parameters.getAll(name);
			return [name, values.length === 1 ? (values[0] ?? "") : values];
		}),
	);
}

/**
 * A reader that knows more than the log. A coordinator that is reading the log, or follows it, may just be behind; for the
 * leader it means that the log was lost and begun again.
 */
function aheadOfLog({ core }: Api, after: number): Refusal {
	const last = core.fleet().seq;
	const message = `the newest event here is ${last}, which is before ${after}`;
	if (!core.ready().ready || !core.leadership().leads) {
		return refuse("not-ready", message, { path: "after", next: "try again in a second" });
	}
	return refuse("conflict", message, { path: "after", next: "the log was begun again: read it from after=0" });
}
