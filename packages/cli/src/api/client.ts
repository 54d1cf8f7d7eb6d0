import { Problem, Status } from "@rollcall/protocol";
import type { Connection } from "../configuration/connection.ts";
import { Failure, failureOf } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type ApiAnswer, readAnswer, type Shape } from "./answer.ts";

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export interface ApiRequest {
	readonly method?: "GET" | "POST" | "PUT" | "DELETE";
	/** Path below the server's address, with its query: `/v1/machines?role=worker`. */
	readonly path: string;
	readonly body?: unknown;
	/** In place of `body`: bytes as they are. */
	readonly bytes?: Uint8Array;
	/** What it is about, for errors: `machine m-1`. */
	readonly subject: string;
	readonly timeoutMs?: number;
	readonly signal?: AbortSignal | undefined;
}

/** The coordinator's REST API, spoken with one token. */
export class Api {
	readonly connection: Connection;

	constructor(connection: Connection) {
		this.connection = connection;
	}

	/** Asks, and checks the answer. Throws Failure for everything that is not a good answer. */
	async ask<T>(shape: Shape<T>, request: ApiRequest): Promise<ApiAnswer<T>> {
		return readAnswer(shape, await this.send(request), request.subject);
	}

	/** Asks, and returns the JSON as it came (undefined for an empty answer). Throws Failure. */
	async send(request: ApiRequest): Promise<unknown> {
		const response = await this.#fetch(request);
		const text = await response.text().catch((cause: unknown) => {
			throw this.#unreachable(cause, request);
		});
		if (text.length > MAX_ANSWER_BYTES) throw new Failure(`${request.subject}: the answer is too large`);
		const json = parseJson(text);
		if (response.ok) {
			if (json === undefined && text !== "") throw this.#notOurs(response.status);
			return json;
		}
		const problem = Problem.safeParse(json);
		if (!problem.success) throw this.#notOurs(response.status);
		throw this.#withOrigin(problem.data);
	}

	/** Where the coordinator stands. */
	status(signal?: AbortSignal): Promise<ApiAnswer<Status>> {
		return this.ask(Status, { path: "/v1/status", subject: "the coordinator", signal });
	}

	async #fetch(request: ApiRequest): Promise<Response> {
		const { server, token } = this.connection;
		const timeout = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS);
		try {
			return await fetch(new URL(request.path, server), {
				method: request.method ?? "GET",
				headers: {
					accept: "application/json",
					...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
					...(request.body === undefined ? {} : { "content-type": "application/json" }),
					...(request.bytes === undefined ? {} : { "content-type": "application/octet-stream" }),
				},
				...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
				...(request.bytes === undefined ? {} : { body: request.bytes as Uint8Array<ArrayBuffer> }),
				// A token is for one server only.
				redirect: "error",
				signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
			});
		} catch (cause) {
			throw this.#unreachable(cause, request);
		}
	}

	#unreachable(cause: unknown, request: ApiRequest): Failure {
		if (cause instanceof Error && cause.name === "TimeoutError") {
			return new Failure(`${request.subject}: no answer from ${this.connection.server} in time`, {
				exit: EXIT.unreachable,
				next: "try again; `rollcall status` tells whether the coordinator is well",
				cause,
			});
		}
		return unreachable(this.connection, reasonOf(cause), cause);
	}

	#notOurs(status: number): Failure {
		return new Failure(`${this.connection.server} answered ${status}, but not as a coordinator does`, {
			exit: EXIT.unreachable,
			next: `is ${this.connection.server} (from ${this.connection.origin}) a coordinator?`,
		});
	}

	#withOrigin(problem: Problem): Failure {
		if (problem.code !== "unauthorized") return failureOf(problem);
		const { server, token, tokenOrigin } = this.connection;
		return failureOf({
			...problem,
			message: token === undefined ? `${server} wants a token` : `${server} refused the token from ${tokenOrigin}`,
			next: "give a usable one with --token-file or $ROLLCALL_TOKEN_FILE",
		});
	}
}

/** The failure for a coordinator that is not there. */
export function unreachable(connection: Connection, reason: string, cause?: unknown): Failure {
	return new Failure(`cannot reach the coordinator at ${connection.server} (from ${connection.origin}): ${reason}`, {
		exit: EXIT.unreachable,
		next: "start one with `rollcall up`, or name another with --server or $ROLLCALL_SERVER",
		cause,
	});
}

/** Why a connection failed, in a few words. Node hides it in the cause of a "fetch failed". */
export function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
	if (error.cause instanceof Error && error.message === "fetch failed") return reasonOf(error.cause);
	const code = (error as NodeJS.ErrnoException).code;
	if (code === "ECONNREFUSED") return "nothing listens there";
	if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "the name does not resolve";
	return error.message || code || error.name;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
