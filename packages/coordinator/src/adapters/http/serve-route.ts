import { check } from "@rollcall/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { remoteKey } from "../../rate/rate-limit.ts";
import { authenticate, authorize } from "./caller.ts";
import type { Api, Caller } from "./dependencies.ts";
import { type Limiters, spend } from "./limiters.ts";
import type { ApiLimits } from "./limits.ts";
import { notLeader, Refusal, refuse } from "./problem.ts";
import type { Route } from "./route.ts";
import { fileSender } from "./serve-file.ts";

/** What routes of scope public and enroll see as their caller. It has no rights anywhere. */
const NOBODY: Caller = { tokenId: "", scope: "read" };

/** Everything that serving a route needs besides the route. */
export interface Serving {
	readonly api: Api;
	readonly limiters: Limiters;
	readonly checkAnswers: boolean;
}

/** True for the addresses of this host. */
function isLoopback(address: string | undefined): boolean {
	return /^(?:::ffff:)?127\./.test(address ?? "") || address === "::1";
}

/**
 * Lets a request in before its body is read: rates, token, scope, leadership. Throws a Refusal.
 */
function admitCaller({ api, limiters }: Serving, route: Route, request: FastifyRequest): Caller {
	const remote = remoteKey(request.ip);
	spend(limiters.requests, remote, "requests from this address");
	let caller = NOBODY;
	if (route.scope === "enroll") {
		spend(limiters.enrollments, remote, "enrollments from this address");
		if (!limiters.refusals.has(remote)) spend(limiters.refusals, remote, "refused enrollments from this address");
	} else if (route.scope !== "public") {
		const open = route.path === "/metrics" && api.config.metricsOnLoopback && isLoopback(request.ip);
		if (!open) caller = admitToken({ api, limiters }, route.scope, request);
	}
	if (route.leads) {
		const { leads, url } = api.core.leadership();
		if (!leads) throw notLeader(url);
	}
	if (route.costly) spend(limiters.costly, caller.tokenId, `plans with token ${caller.tokenId}`);
	return caller;
}

/** Checks the bearer token. Failures cost the remote address a permit; without one, the answer is `too-many-requests`. */
export function admitToken(
	{ api, limiters }: Pick<Serving, "api" | "limiters">,
	scope: "read" | "admin",
	from: { readonly headers: { authorization?: string | undefined }; readonly ip: string | undefined },
): Caller {
	try {
		const caller = authenticate(api, from.headers.authorization);
		authorize(caller, scope);
		return caller;
	} catch (error) {
		if (error instanceof Refusal && from.headers.authorization !== undefined) {
			spend(limiters.refusals, remoteKey(from.ip), "refused tokens from this address");
		}
		throw error;
	}
}

/** Adds one row of the table to the server. */
export function serveRoute(app: FastifyInstance, route: Route, serving: Serving): void {
	const { api } = serving;
	const sendFile = fileSender();
	const callers = new WeakMap<FastifyRequest, Caller>();
	app.route({
		method: route.method,
		url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
		bodyLimit: bodyLimit(route, api.limits),
		config: { route: route.path },
		onRequest: async (request) => {
			callers.set(request, admitCaller(serving, route, request));
		},
		handler: async (request, reply) => {
			const asked = {
				params: checked(route.params, request.params, "path"),
				query: checked(route.query, request.query, "query"),
				body: route.body === null ? undefined : checked(route.body, bodyOf(route, request), "body"),
				caller: callers.get(request) ?? NOBODY,
				remote: request.ip,
			};
			const answer = await refusalsCounted(serving, route, request, () => route.answer(api, asked));
			if (route.file) return sendFile(request, reply, String(answer));
			return send(reply, route, serving.checkAnswers ? route.response.parse(answer) : answer);
		},
	});
}

/** Bytes only where bytes are meant. */
function bodyOf(route: Route, request: FastifyRequest): unknown {
	if (Buffer.isBuffer(request.body) && route.bodyLimit !== "chunk")
		throw refuse("bad-request", "the body has another type than application/json", {
			next: "send content-type: application/json",
		});
	return request.body ?? {};
}

function bodyLimit(route: Route, limits: ApiLimits): number {
	if (route.bodyLimit === "document") return limits.documentBytes;
	return route.bodyLimit === "chunk" ? limits.chunkBytes : limits.bodyBytes;
}

function checked(schema: Route["params"], value: unknown, what: string): unknown {
	const result = check(schema, value, what);
	if (!result.ok) throw new Refusal(result.problem);
	return result.value;
}

async function refusalsCounted<T>(
	{ api, limiters }: Serving,
	route: Route,
	request: FastifyRequest,
	answer: () => Promise<T> | T,
): Promise<T> {
	try {
		return await answer();
	} catch (error) {
		if (route.scope === "enroll" && error instanceof Refusal) {
			api.metrics.enrollmentRefused(error.problem.code);
			if (error.problem.code !== "not-leader" && error.problem.code !== "not-ready") {
				limiters.refusals.take(remoteKey(request.ip));
			}
		}
		throw error;
	}
}

function send(reply: FastifyReply, route: Route, answer: unknown): FastifyReply {
	reply.code(route.status).header("cache-control", "no-store");
	if (route.contentType) return reply.header("content-type", route.contentType).send(answer);
	return reply.header("content-type", "application/json; charset=utf-8").send(JSON.stringify(answer));
}
