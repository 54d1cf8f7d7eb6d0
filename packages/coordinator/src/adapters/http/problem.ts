import { PROBLEM_STATUS, type Problem, type ProblemCode } from "@rollcall/protocol";
import type { FastifyReply } from "fastify";
import type { Fleet } from "../../domain/fleet.ts";
import { named } from "../../domain/views/named.ts";

/** The media type of every refusal (RFC 9457). */
const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** Thrown by a route: the request is refused, and this is the whole answer. */
export class Refusal extends Error {
	override readonly name = "Refusal";
	readonly problem: Problem;
	/** Sent beside the problem. */
	readonly headers: Readonly<Record<string, string>>;

	constructor(problem: Problem, headers: Readonly<Record<string, string>> = {}) {
		super(problem.message);
		this.problem = problem;
		this.headers = headers;
	}
}

/** Shorthand for `new Refusal`. */
export function refuse(code: ProblemCode, message: string, more: Omit<Problem, "code" | "message"> = {}): Refusal {
	return new Refusal({ code, message, ...more });
}

/** Not the leader: writes belong elsewhere. The client is told where, and is not redirected, so that no token follows a redirect. */
export function notLeader(url: string | undefined): Refusal {
	const next = url ? `send it to the leader at ${url}` : "no leader is known now; try again in a few seconds";
	return new Refusal(
		{ code: "not-leader", message: "this coordinator follows; only the leader takes changes", next },
		url ? { "x-rollcall-leader": url } : { "retry-after": "2" },
	);
}

/** Too many of something; `seconds` until it is worth another try. */
export function tooMany(what: string, seconds: number): Refusal {
	return new Refusal(
		{ code: "too-many-requests", message: `too many ${what}`, next: `wait ${seconds} s and try again` },
		{ "retry-after": String(seconds) },
	);
}

/** More work waits than can be done before its askers give up; `seconds` until there is room for this one. */
export function busy(waiting: number, seconds: number): Refusal {
	return new Refusal(
		{
			code: "not-ready",
			message: `the coordinator has ${waiting} requests of this kind to answer first`,
			next: `come back in ${seconds} s`,
		},
		{ "retry-after": String(seconds) },
	);
}

/** What Fastify and Node say about requests that never reach a route, as problems. Everything else is `internal`. */
const BY_FASTIFY_CODE: Readonly<Record<string, Problem>> = {
	FST_ERR_CTP_BODY_TOO_LARGE: {
		code: "too-large",
		message: "the body is larger than this route takes",
		path: "body",
		next: "send less at once; docs/api.md has the limits",
	},
	FST_ERR_CTP_INVALID_MEDIA_TYPE: {
		code: "bad-request",
		message: "the body has another type than application/json",
		path: "content-type",
		next: "send content-type: application/json",
	},
	FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
		code: "bad-request",
		message: "the body is not as long as content-length says",
		path: "content-length",
		next: "leave the length to your HTTP client",
	},
	FST_ERR_BAD_URL: {
		code: "bad-request",
		message: "the path is not valid: a percent sign without two hexadecimal digits",
		path: "path",
		next: "write a percent sign as %25",
	},
	FST_ERR_MAX_PARAM_LENGTH: {
		code: "bad-request",
		message: "a part of the path is too long",
		path: "path",
		next: "name the machine as `rollcall machines -o wide` shows it",
	},
	FST_ERR_ASYNC_CONSTRAINT: {
		code: "bad-request",
		message: "the request cannot be routed",
		path: "path",
		next: "GET /v1/openapi.json lists all routes",
	},
	HPE_HEADER_OVERFLOW: {
		code: "too-large",
		message: "the headers are too large",
		path: "headers",
		next: "send fewer cookies and headers",
	},
	ERR_HTTP_REQUEST_TIMEOUT: {
		code: "bad-request",
		message: "the request took too long to arrive",
		path: "body",
		next: "send it again over a faster connection",
	},
};

/** The refusal for any error. Undefined when it is a fault of this program, which belongs into the log. */
export function refusalOf(error: unknown): Refusal | undefined {
	if (error instanceof Refusal) return error;
	const { code, name, statusCode } = error as { code?: string; name?: string; statusCode?: number };
	const known = code === undefined ? undefined : BY_FASTIFY_CODE[code];
	if (known) return new Refusal(known);
	if (name === "LogUnavailable" || name === "LogLost") {
		return refuse("not-ready", "the event log cannot be read now", { next: "try again in a few seconds" });
	}
	if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
		return refuse("bad-request", "the request is not valid", {
			path: "request",
			next: "GET /v1/openapi.json lists all routes with what they take",
		});
	}
	return undefined;
}

/** A refusal that calls machines as every table does: by their node names. */
export function withNames(fleet: Fleet, { problem, headers }: Refusal): Refusal {
	const { message, next } = problem;
	const called = { message: named(fleet, message), ...(next === undefined ? {} : { next: named(fleet, next) }) };
	return new Refusal({ ...problem, ...called }, headers);
}

/** The answer to a fault of this program. It tells nothing of the cause, which only the log has. */
export const INTERNAL = new Refusal({
	code: "internal",
	message: "something went wrong inside the coordinator",
	next: "its log names the error beside this request's id",
});

/** A problem as it is sent: with the members that RFC 9457 gives every problem, made of our own. */
function bodyOf(problem: Problem): Problem {
	const { code, message } = problem;
	const title = code.replaceAll("-", " ");
	return { type: `urn:rollcall:problem:${code}`, title, status: PROBLEM_STATUS[code], detail: message, ...problem };
}

/** Answers with a problem. */
export function sendProblem(reply: FastifyReply, refusal: Refusal): FastifyReply {
	return reply
		.code(PROBLEM_STATUS[refusal.problem.code])
		.headers(refusal.headers)
		.header("content-type", PROBLEM_TYPE)
		.serializer((body: unknown) => JSON.stringify(body))
		.send(bodyOf(refusal.problem));
}

/** The same as bytes of HTTP/1.1, for sockets that never became a request of Fastify. */
export function problemResponse(refusal: Refusal): string {
	const body = JSON.stringify(bodyOf(refusal.problem));
	const status = PROBLEM_STATUS[refusal.problem.code];
	const headers = Object.entries({
		...refusal.headers,
		"content-type": PROBLEM_TYPE,
		"content-length": String(Buffer.byteLength(body)),
		connection: "close",
	});
	return `HTTP/1.1 ${status} Refused\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}
