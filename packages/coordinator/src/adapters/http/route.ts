import type { ProblemCode } from "@rollcall/protocol";
import type { z } from "zod";
import type { Api, Caller } from "./dependencies.ts";

/**
 * Who may use a route. public: anybody. enroll: whoever brings an enroll token, a proof or a known key in the body; rate
 * limited. read, admin: bearer tokens.
 */
export type RouteScope = "public" | "enroll" | "read" | "admin";

/** A request after everything about it was checked. */
interface Asked<P, Q, B> {
	readonly params: P;
	readonly query: Q;
	readonly body: B;
	/** Only on routes of scope read and admin. */
	readonly caller: Caller;
	readonly remote: string;
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
	readonly status: 200 | 201;
	/** The type of the answer; JSON when it is not given. */
	readonly contentType?: string;
	/** The answer is the path of a file that is sent as it is, with ranges. */
	readonly file?: boolean;
	readonly response: R;
	/** A good answer, for the document and for people. */
	readonly example: z.input<R>;
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
