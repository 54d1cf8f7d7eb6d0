import type { ApiScope, ProblemCode } from "@rollcall/protocol";
import type { z } from "zod";
import type { Api, Caller } from "./dependencies.ts";

/**
 * Who may use a route. public: anybody. enroll: whoever brings an enroll token, a proof or a known key in the body; rate
 * limited. The others: bearer tokens of that scope, or of one that includes it.
 */
export type RouteScope = "public" | "enroll" | ApiScope;

/** A request after everything about it was checked. */
interface Asked<P, Q, B> {
	readonly params: P;
	readonly query: Q;
	readonly body: B;
	/** Only on routes that take a bearer token. */
	readonly caller: Caller;
	readonly remote: string;
	/** True once the connection is gone on which the answer was to go. */
	readonly isGone: () => boolean;
	/** What the request is called by whoever may send it again (`Idempotency-Key`). Only on routes that change something. */
	readonly key?: string | undefined;
}

/** One row of the route table: the HTTP server, its checks and the OpenAPI document are all made from it. */
export interface Route<
	P extends z.ZodType = z.ZodType,
	Q extends z.ZodType = z.ZodType,
	B extends z.ZodType = z.ZodType,
	R extends z.ZodType = z.ZodType,
> {
	readonly method: "GET" | "POST" | "PUT" | "DELETE";
	/** As in OpenAPI: `/v1/machines/{id}`. */
	readonly path: string;
	readonly summary: string;
	readonly scope: RouteScope;
	/**
	 * What there is for a token that is limited to some machines. machine: the one that the path names. list: what is about its machines.
	 * Absent: nothing, it is refused.
	 */
	readonly partial?: "machine" | "list";
	/** True when it changes something or speaks to an agent: only the leader answers it. */
	readonly leads: boolean;
	readonly params: P;
	readonly query: Q;
	/** Null: the route takes no body. */
	readonly body: B | null;
	/** document: JSON with a document's text. chunk: bytes, not JSON. */
	readonly bodyLimit?: "document" | "chunk";
	/** True when it makes the coordinator render the whole fleet; its rate is limited per token. */
	readonly costly?: boolean;
	/** What it changes goes past the core, so that it is recorded apart who did it. */
	readonly noted?: true;
	readonly status: 200 | 201;
	/** The type of the answer; JSON when it is not given. */
	readonly contentType?: string;
	/** The answer is the path of a file that is sent as it is, with ranges. */
	readonly file?: boolean;
	readonly response: R;
	/** A good answer, for the document and for people. */
	readonly example: z.input<R>;
	/** True for a request of somebody whom the coordinator knows: what others behind his address did wrong is not held against him. */
	knows?(api: Api, body: z.output<B>): boolean;
	/** Refusals that are the route's own, besides bad-request, unauthorized and the like. */
	readonly refusals: readonly ProblemCode[];
	answer(api: Api, asked: Asked<z.output<P>, z.output<Q>, z.output<B>>): Promise<z.input<R>> | z.input<R>;
}

/** Keeps the types of one row together while it is written down. */
export function route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
	row: Route<P, Q, B, R>,
): Route {
	return row as unknown as Route;
}

/** The scope that a bearer token needs for a route; undefined where it takes none. */
export function apiScopeOf({ scope }: Pick<Route, "scope">): ApiScope | undefined {
	return scope === "public" || scope === "enroll" ? undefined : scope;
}

/** True for a route that changes something for a caller who is known: a repeated request is to be answered once. */
export function isKeyed({ method, scope, bodyLimit }: Pick<Route, "method" | "scope" | "bodyLimit">): boolean {
	const needed = apiScopeOf({ scope });
	return method !== "GET" && needed !== undefined && needed !== "viewer" && bodyLimit !== "chunk";
}
