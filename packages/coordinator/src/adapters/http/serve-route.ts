import { includesScope } from "@rollcall/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { remoteKey } from "../../rate/rate-limit.ts";
import { audited, countRefused, noteChange } from "./audit.ts";
import { authorize, callerOf, type Shows, showsOf } from "./caller.ts";
import { checkedPart, routeNext } from "./checked-part.ts";
import type { Api, Caller } from "./dependencies.ts";
import { inLine, type Limiters, spend } from "./limiters.ts";
import type { ApiLimits } from "./limits.ts";
import { busy, notLeader, Refusal, refuse } from "./problem.ts";
import type { Repeats } from "./repeats.ts";
import { apiScopeOf, isKeyed, type Route } from "./route.ts";
import { fileSender } from "./serve-file.ts";

/** Refusals of an enrollment that say nothing against who asks: nobody leads, or a boot with a good token has to wait. */
const NO_FAULT: ReadonlySet<string> = new Set(["not-leader", "not-ready", "boot-waits"]);
/** What routes of scope public and enroll see as their caller. It has no rights anywhere. */
const NOBODY: Caller = { name: "", scope: "viewer" };

/** Everything that serving a route needs besides the route. */
export interface Serving {
	readonly api: Api;
	readonly limiters: Limiters;
	readonly repeats: Repeats;
	readonly checkAnswers: boolean;
}

/** True for the addresses of this host. */
function isLoopback(address: string | undefined): boolean {
	return /^(?:::ffff:)?127\./.test(address ?? "") || address === "::1";
}

/** True for a request of a program on this host; what a proxy here passes on comes from elsewhere. */
function isOfThisHost({ ip, headers }: FastifyRequest): boolean {
	const passedOn = ["forwarded", "x-forwarded-for", "via"].some((name) => headers[name] !== undefined);
	return isLoopback(ip) && !passedOn;
}

/**
 * Lets a request in before its body is read: rates, token, scope, leadership. Throws a Refusal.
 */
async function admitCaller({ api, limiters }: Serving, route: Route, request: FastifyRequest): Promise<Caller> {
	const remote = remoteKey(request.ip);
	spend(limiters.requests, remote, "requests from this address");
	let caller = NOBODY;
	const scope = apiScopeOf(route);
	if (route.scope === "enroll") {
		spend(limiters.enrollments, remote, "enrollments from this address");
	} else if (scope !== undefined) {
		const open = route.path === "/metrics" && api.config.metricsOnLoopback && isOfThisHost(request);
		if (!open) {
			const needed = { scope, partial: route.partial, route: `${route.method} ${route.path}` };
			caller = await admitToken({ api, limiters }, needed, { shows: showsOf(request.raw), ip: request.ip });
		}
	}
	if (route.leads) {
		const { leads, url } = api.core.leadership();
		if (!leads) throw notLeader(url);
	}
	if (route.scope === "enroll") turnAwayEarly(api, limiters);
	if (route.costly) spend(limiters.costly, caller.name, `plans with token ${caller.name}`);
	return caller;
}

/** Who would wait longer than that makes sense is turned away before anything is read of him. */
function turnAwayEarly({ metrics }: Api, { joining }: Limiters): void {
	if (joining.hasRoom()) return;
	metrics.enrollmentRefused("not-ready");
	throw busy(joining.waiting, joining.comeBackAfterSeconds());
}

/** True for a request that shows something, right or wrong. */
function brings({ authorization, certificate }: Shows): boolean {
	return authorization !== undefined || certificate !== undefined;
}

/** Checks the bearer token, or the certificate. Failures cost the remote address a permit; without one, the answer is `too-many-requests`. */
export async function admitToken(
	{ api, limiters }: Pick<Serving, "api" | "limiters">,
	needed: Parameters<typeof authorize>[2] & { readonly route: string },
	from: { readonly shows: Shows; readonly ip: string | undefined },
): Promise<Caller> {
	let caller: Caller | undefined;
	try {
		caller = await callerOf(api, from.shows);
		api.access.used(caller.name, remoteKey(from.ip));
		authorize(api, caller, needed);
		return caller;
	} catch (error) {
		countRefused(api, error, { caller, remote: from.ip, route: needed.route });
		if (error instanceof Refusal && error.problem.code !== "not-ready" && brings(from.shows)) {
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
			callers.set(request, await admitCaller(serving, route, request));
		},
		handler: async (request, reply) => {
			const caller = callers.get(request) ?? NOBODY;
			const answered = async (): Promise<unknown> => {
				const next = routeNext(route);
				const asked = {
					params: checkedPart(route.params, request.params, { what: "path", next }),
					query: checkedPart(route.query, request.query, { what: "query", next }),
					body:
						route.body === null ? undefined : checkedPart(route.body, bodyOf(route, request), { what: "body", next }),
					caller,
					remote: request.ip,
					isGone: () => request.raw.socket.destroyed,
					key: keyOf(route, request),
				};
				refuseLoss(caller, asked.query);
				if (route.scope === "enroll") turnAwayRefused(serving, route, { remote: request.ip, body: asked.body });
				return refusalsCounted(serving, route, request, () => answerOnce(serving, route, asked)).catch(
					(error: unknown) => {
						countRefused(api, error, { caller, remote: request.ip, route: `${route.method} ${route.path}` });
						throw error;
					},
				);
			};
			const answer = await (route.scope === "enroll" ? inLine(serving.limiters.joining, answered) : answered());
			if (route.file) return sendFile(request, reply, String(answer));
			return send(reply, route, serving.checkAnswers ? route.response.parse(answer) : answer);
		},
	});
}

/** An address whose enrollments were refused too often has to wait, but for whom the coordinator knows: a pod shares its node's, a proxy everybody's. */
function turnAwayRefused(
	{ api, limiters }: Serving,
	route: Route,
	{ remote, body }: { readonly remote: string; readonly body: unknown },
): void {
	const key = remoteKey(remote);
	if (!limiters.refusals.has(key) && !route.knows?.(api, body))
		spend(limiters.refusals, key, "refused enrollments from this address");
}

/** To lose what etcd holds is nothing that somebody decides who lets machines in. Throws a Refusal. */
function refuseLoss({ name, scope }: Caller, query: unknown): void {
	const { acceptLoss } = query as { acceptLoss?: unknown };
	if (acceptLoss === undefined || includesScope(scope, "operator")) return;
	throw refuse("forbidden", `acceptLoss: token ${name} has the scope ${scope}, and this takes operator`, {
		path: "acceptLoss",
		next: "use a token with the scope operator",
	});
}

/** What the caller calls a request that changes something, if he does. Chunks of an upload need no key: each says where it belongs. */
function keyOf(route: Route, { headers }: FastifyRequest): string | undefined {
	const key = headers["idempotency-key"];
	if (key === undefined || !isKeyed(route)) return undefined;
	if (typeof key === "string" && /^[A-Za-z0-9_-]{16,64}$/.test(key)) return key;
	throw refuse("bad-request", "the Idempotency-Key is not 16 to 64 of A-Z, a-z, 0-9, _ and -", {
		path: "idempotency-key",
		next: "use a random UUID",
	});
}

function answerOnce({ api, repeats }: Serving, route: Route, asked: Parameters<Route["answer"]>[1]): unknown {
	const { key, caller, params, query, body, remote } = asked;
	const asking = { caller, remote, about: aboutOf(asked) };
	const answer = async () => {
		const given = await route.answer(audited(api, route, asking), asked);
		await noteChange(api, route, asking);
		return given;
	};
	if (key === undefined) return answer();
	const what = [route.method, route.path, params, query, body ?? null];
	return repeats.once({ caller: caller.name, key, what }, answer);
}

/** What a request is about, by the name that it gives: a file, a snapshot. */
function aboutOf({ params, query, body }: Parameters<Route["answer"]>[1]): string | undefined {
	const named = { ...(params as object), ...(query as object), ...(Buffer.isBuffer(body) ? {} : (body as object)) };
	const { name, sha256 } = named as { name?: unknown; sha256?: unknown };
	return [name, sha256].find((one) => typeof one === "string");
}

/** Bytes only where bytes are meant. */
function bodyOf(route: Route, request: FastifyRequest): unknown {
	if (Buffer.isBuffer(request.body) && route.bodyLimit !== "chunk")
		throw refuse("bad-request", "the body has another type than application/json", {
			path: "content-type",
			next: "send content-type: application/json",
		});
	return request.body ?? {};
}

function bodyLimit(route: Route, limits: ApiLimits): number {
	if (route.bodyLimit === "document") return limits.documentBytes;
	return route.bodyLimit === "chunk" ? limits.chunkBytes : limits.bodyBytes;
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
			if (!NO_FAULT.has(error.problem.code)) {
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
