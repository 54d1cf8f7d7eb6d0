import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { check } from "@rollcall/protocol";
import type { FastifyInstance } from "fastify";
import { WebSocketServer } from "ws";
import { remoteKey } from "../../../rate/rate-limit.ts";
import { authenticate, authorize } from "../caller.ts";
import type { Api } from "../dependencies.ts";
import { spend } from "../limiters.ts";
import { INTERNAL, problemResponse, Refusal, refusalOf, refuse, tooMany } from "../problem.ts";
import { StreamQuery } from "../routes/events.ts";
import { admitToken, type Serving } from "../serve-route.ts";
import { Readers } from "./readers.ts";

/** Both addresses are the same stream: the one that pages come from, and one for those who want it apart. */
const STREAM_PATHS: ReadonlySet<string> = new Set(["/v1/events", "/v1/events/stream"]);

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
		try {
			const { after, reauthorize } = admitReader(serving, request, readers.size);
			sockets.handleUpgrade(request, socket, head, (webSocket) => readers.add(webSocket, { after, reauthorize }));
		} catch (error) {
			const refusal = refusalOf(error);
			if (!refusal) api.log.error({ err: error }, "an event stream could not be opened");
			socket.end(problemResponse(refusal ?? INTERNAL));
		}
	});
	sockets.on("wsClientError", (_error, socket) => {
		socket.end(problemResponse(refuse("bad-request", "this is not a WebSocket handshake (RFC 6455, 4.2.1)")));
	});
	app.addHook("preClose", async () => readers.stop());
}

/** Everything that must hold before a stream is opened. Throws a Refusal. */
function admitReader(
	serving: Serving,
	request: IncomingMessage,
	readers: number,
): { after: number; reauthorize: () => boolean } {
	const { api, limiters } = serving;
	const ip = request.socket.remoteAddress;
	spend(limiters.requests, remoteKey(ip), "requests from this address");
	const [path = "", ...rest] = (request.url ?? "").split("?");
	const search = rest.join("?");
	if (!STREAM_PATHS.has(path)) throw refuse("not-found", "this route is no WebSocket", { next: "use /v1/events" });
	const { origin } = request.headers;
	if (origin !== undefined && !api.config.allowedOrigins.includes(origin)) {
		throw refuse("forbidden", "pages of this origin may not open the event stream", {
			next: "name the origin in the coordinator's configuration",
		});
	}
	admitToken(serving, "read", { headers: request.headers, ip });
	const query = check(StreamQuery, Object.fromEntries(new URLSearchParams(search)), "query");
	if (!query.ok) throw new Refusal(query.problem);
	const last = api.core.fleet().seq;
	const after = query.value.after ?? last;
	if (after > last) throw aheadOfLog(api, after);
	if (readers >= api.limits.readers) throw tooMany("readers of the event stream", 30);
	return { after, reauthorize: () => isStillAllowed(api, request.headers.authorization) };
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

function isStillAllowed(api: Api, authorization: string | undefined): boolean {
	try {
		authorize(authenticate(api, authorization), "read");
		return true;
	} catch {
		return false;
	}
}
