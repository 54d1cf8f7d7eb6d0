import type { IncomingMessage, Server } from "node:http";
import { AUTHORITIES_HEADER, type Digest } from "@rollcall/protocol";
import fastify, { type FastifyBaseLogger, type FastifyHttpOptions, type FastifyInstance } from "fastify";
import type { Fleet } from "../../domain/fleet.ts";
import { checkHost } from "./check-host.ts";
import type { Api, ApiDependencies } from "./dependencies.ts";
import { introducer } from "./introduce.ts";
import { createLimiters } from "./limiters.ts";
import { type ApiLimits, DEFAULT_LIMITS } from "./limits.ts";
import { openApiDocument } from "./openapi.ts";
import { INTERNAL, problemResponse, refusalOf, refuse, sendProblem, withNames } from "./problem.ts";
import { readBodies } from "./read-bodies.ts";
import { Repeats } from "./repeats.ts";
import { ROUTES } from "./routes/table.ts";
import { keepFront, secureOptions } from "./secure-front.ts";
import { type Serving, serveRoute } from "./serve-route.ts";
import { serveStream } from "./stream/serve-stream.ts";

/** Header fields and names under which tokens could come into a log line. */
const SECRET_PATHS = [
	"req.headers",
	"*.authorization",
	"*.headers.authorization",
	"authorization",
	"token",
	"*.token",
	"jwt",
	"*.jwt",
];

/**
 * Builds the API: REST, the event stream, probes and metrics, all from the route table. It does not listen (see
 * `listen.ts`); `app.close()` ends the event streams too.
 */
export function buildApp(deps: ApiDependencies): FastifyInstance {
	const limits: ApiLimits = { ...DEFAULT_LIMITS, ...deps.limits };
	const api = apiOf(deps, limits);
	const app = fastify(serverOptions(deps, limits));
	app.server.maxConnections = limits.connections;
	app.server.maxHeadersCount = 64;
	app.server.keepAliveTimeout = limits.keepAliveTimeoutMs;
	if (deps.tls) {
		const endEarly = keepFront(app.server, { pair: deps.tls, holders: deps.holders }, limits.headersTimeoutMs);
		app.addHook("preClose", async () => endEarly());
	}

	app.addHook("onRequest", async (request) => checkHost(api, request.headers.host));
	const introduce = introducer(() => deps.listeners?.authority());
	app.addHook("onRequest", async (request, reply) => {
		const told = introduce(request.headers[AUTHORITIES_HEADER]);
		if (told !== undefined) reply.header(AUTHORITIES_HEADER, told);
	});
	readBodies(app);
	app.setErrorHandler((error, request, reply) => {
		const refusal = refusalOf(error);
		if (!refusal)
			api.log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, "a request failed");
		return sendProblem(reply, refusal ? withNames(deps.core.fleet(), refusal) : INTERNAL);
	});
	app.setNotFoundHandler((_request, reply) =>
		sendProblem(
			reply,
			refuse("not-found", "there is no such route", { next: "GET /v1/openapi.json lists all routes" }),
		),
	);
	app.addHook("onResponse", async (request, reply) => {
		const route = (request.routeOptions.config as { route?: string }).route ?? "none";
		const seconds = reply.elapsedTime / 1000;
		api.metrics.http({ route, method: request.method, status: reply.statusCode, seconds });
		api.log.debug(
			{ requestId: request.id, route, method: request.method, status: reply.statusCode, seconds },
			"answered",
		);
	});

	const serving: Serving = {
		api,
		limiters: createLimiters(limits, deps.clock),
		repeats: new Repeats(deps.clock),
		checkAnswers: deps.checkAnswers ?? false,
	};
	for (const route of ROUTES) serveRoute(app, route, serving);
	serveStream(app, serving);
	return app;
}

function apiOf(deps: ApiDependencies, limits: ApiLimits): Api {
	const { limits: _limits, checkAnswers: _checkAnswers, ...rest } = deps;
	let digested: { fleet: Fleet; digest: Digest } | undefined;
	let document: Record<string, unknown> | undefined;
	return {
		...rest,
		log: deps.log.child({ part: "api" }, { redact: SECRET_PATHS }),
		limits,
		stateDigest() {
			const fleet = deps.core.fleet();
			if (digested?.fleet !== fleet) digested = { fleet, digest: deps.projections.stateDigest(fleet) };
			return digested.digest;
		},
		openApi() {
			document ??= openApiDocument(ROUTES, deps.config.version);
			return document;
		},
	};
}

function serverOptions(deps: ApiDependencies, limits: ApiLimits): FastifyHttpOptions<Server> {
	const server = {
		headersTimeout: limits.headersTimeoutMs,
		connectionsCheckingInterval: limits.connectionCheckMs,
		maxHeaderSize: limits.headerBytes,
		// Any other upgrade (curl asks for h2c) is answered as the plain request that it is too.
		shouldUpgradeCallback: (request: IncomingMessage) => request.headers.upgrade?.toLowerCase() === "websocket",
	};
	return {
		// The level keeps Fastify from writing a line per request; ours, which names the route and no URL, is in onResponse.
		loggerInstance: deps.log.child({ part: "http" }, { redact: SECRET_PATHS, level: "error" }) as FastifyBaseLogger,
		bodyLimit: limits.bodyBytes,
		requestTimeout: limits.requestTimeoutMs,
		routerOptions: { maxParamLength: 128 },
		exposeHeadRoutes: false,
		requestIdHeader: false,
		trustProxy: false,
		forceCloseConnections: true,
		frameworkErrors: (error, _request, reply) => {
			sendProblem(reply, refusalOf(error) ?? INTERNAL);
		},
		clientErrorHandler: (error, socket) => {
			if (socket.writable && error.code !== "ECONNRESET") {
				socket.write(
					problemResponse(
						refusalOf(error) ??
							refuse("bad-request", "this is not HTTP", { path: "request", next: "ask with HTTP/1.1, as `curl` does" }),
					),
				);
			}
			socket.destroy();
		},
		// Fastify's types have one server for HTTP and one for HTTPS; what we use of both is the same.
		...((deps.tls
			? { https: { ...server, ...secureOptions(deps.tls.current(), deps.holders) } }
			: { http: server }) as object),
	};
}
