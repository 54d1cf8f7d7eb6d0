import { randomUUID } from "node:crypto";
import { AUTHORITIES_HEADER, distrustReason, fingerprintsOf, Problem, Status } from "@rollcall/protocol";
import type { Connection } from "../configuration/connection.ts";
import { Failure, failureOf } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type ApiAnswer, readAnswer, type Shape } from "./answer.ts";
import { type HttpAnswer, TooLong } from "./exchange.ts";
import { CutOff, exchangeAgain } from "./exchange-again.ts";
import { whoIsWanted } from "./who-is-wanted.ts";

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** One request to the API. */
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

type KeepIntroduced = (connection: Connection, introduced: string) => Promise<string | undefined>;

/** The coordinator's REST API, spoken with one token. */
export class Api {
	readonly connection: Connection;
	readonly #keep: KeepIntroduced | undefined;
	#believed: string | undefined;

	/** `keep`: hears which authorities a coordinator introduces that a context pins, and returns those that are believed from then on. */
	constructor(connection: Connection, keep?: KeepIntroduced) {
		this.connection = connection;
		this.#keep = connection.pinnedBy === undefined ? undefined : keep;
		this.#believed = connection.authority;
	}

	/** Asks, and checks the answer. Throws Failure for everything that is not a good answer. */
	async ask<T>(shape: Shape<T>, request: ApiRequest): Promise<ApiAnswer<T>> {
		return readAnswer(shape, await this.send(request), request.subject);
	}

	/** Asks, and returns the JSON as it came (undefined for an empty answer). Throws Failure. */
	async send(request: ApiRequest): Promise<unknown> {
		const { status, text } = await this.#exchange(request);
		const json = parseJson(text);
		if (status >= 200 && status < 300) {
			if (json === undefined && text !== "") throw this.#notOurs(status);
			return json;
		}
		const problem = Problem.safeParse(json);
		if (!problem.success) throw this.#notOurs(status);
		throw this.#withOrigin(problem.data);
	}

	/** Asks for text that is no JSON. Throws Failure. */
	async text(request: ApiRequest): Promise<string> {
		const { status, text } = await this.#exchange(request);
		if (status < 200 || status >= 300) throw this.#notOurs(status);
		return text;
	}

	/** Where the coordinator stands. */
	status(signal?: AbortSignal): Promise<ApiAnswer<Status>> {
		return this.ask(Status, { path: "/v1/status", subject: "the coordinator", signal });
	}

	async #exchange(request: ApiRequest): Promise<HttpAnswer> {
		const answer = await this.#sent(request);
		if (answer.introduced !== undefined)
			this.#believed = (await this.#keep?.(this.connection, answer.introduced)) ?? this.#believed;
		return answer;
	}

	async #sent(request: ApiRequest): Promise<HttpAnswer> {
		const { server, token, client } = this.connection;
		const authority = this.#believed;
		const timeout = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS);
		const text = request.body === undefined ? undefined : JSON.stringify(request.body);
		const { method = "GET" } = request;
		// The same for each try, so that what was done already is not done again.
		const key = method === "GET" ? {} : { "idempotency-key": randomUUID() };
		try {
			return await exchangeAgain(new URL(request.path, server), {
				method,
				headers: {
					...key,
					accept: "application/json",
					...(this.#keep && authority !== undefined ? { [AUTHORITIES_HEADER]: fingerprintsOf(authority).join() } : {}),
					...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
					...(text === undefined ? {} : { "content-type": "application/json" }),
					...(request.bytes === undefined ? {} : { "content-type": "application/octet-stream" }),
				},
				body: text ?? request.bytes,
				signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
				authority,
				client,
				mostBytes: MAX_ANSWER_BYTES,
			});
		} catch (cause) {
			if (cause instanceof TooLong) throw new Failure(`${request.subject}: ${cause.message}`);
			if (cause instanceof CutOff) throw this.#cutOff(cause, request);
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

	#cutOff({ cause }: CutOff, { subject, method = "GET" }: ApiRequest): Failure {
		const { server, origin } = this.connection;
		const asked = method === "GET" ? "" : ", so it may have been done";
		return new Failure(
			`${subject}: the connection to ${server} (from ${origin}) is cut before the answer comes${asked}`,
			{
				exit: EXIT.unreachable,
				next: "look before you repeat it: `rollcall events` tells what was done",
				cause,
			},
		);
	}

	#notOurs(status: number): Failure {
		return new Failure(`${this.connection.server} answered ${status}, but not as a coordinator does`, {
			exit: EXIT.unreachable,
			next: `is ${this.connection.server} (from ${this.connection.origin}) a coordinator?`,
		});
	}

	#withOrigin(problem: Problem): Failure {
		if (problem.code !== "unauthorized") return failureOf(problem);
		return failureOf(whoIsWanted(problem, this.connection));
	}
}

/** The failure for a coordinator that is not there, or that is not believed. */
export function unreachable(connection: Connection, reason: string, cause?: unknown): Failure {
	const { server, origin, authority } = connection;
	const distrust = cause === undefined ? undefined : distrustReason(cause);
	const pinned =
		"somebody else may answer there, so find out first; where it is a new authority: `rollcall context remove`, then `context add`";
	const unknown =
		"`rollcall context add` shows the fingerprint of its authority and keeps it; --ca-file or $ROLLCALL_CA_FILE names its certificate";
	return new Failure(`cannot reach the coordinator at ${server} (from ${origin}): ${distrust ?? reason}`, {
		exit: EXIT.unreachable,
		next:
			distrust === undefined
				? "start one with `rollcall up`, or name another with --server or $ROLLCALL_SERVER"
				: authority === undefined
					? unknown
					: pinned,
		cause,
	});
}

/** Why a connection failed, in a few words. */
export function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
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
