import { z } from "zod";
import { Labels, Name } from "./ids.ts";

/** What people and programs may do at the REST API, least first; each may also do what those before it may. */
export const API_SCOPES = ["viewer", "approver", "operator", "admin"] as const;
export const ApiScope = z.enum(API_SCOPES);
export type ApiScope = z.infer<typeof ApiScope>;

/** What a token is good for: to let one machine enroll, or rights at the REST API. */
export const TokenScope = z.enum(["enroll", ...API_SCOPES]);
export type TokenScope = z.infer<typeof TokenScope>;

/** As logs of earlier versions have it too: `read` is what `viewer` was called. */
export const RecordedScope = z.enum([...TokenScope.options, "read"]);
export type RecordedScope = z.infer<typeof RecordedScope>;

/** A scope by the name that it has now. */
export function scopeNow(recorded: RecordedScope): TokenScope {
	return recorded === "read" ? "viewer" : recorded;
}

/** What each scope allows, in a few words, for help texts and documents. */
export const SCOPE_MEANING: Readonly<Record<TokenScope, string>> = {
	enroll: "one machine may join",
	viewer: "read everything but secrets",
	approver: "let machines in, and keep them out",
	operator: "declare the cluster, direct machines, journals, files, enroll tokens",
	admin: "tokens, keys and certificates, what etcd begins with, the event log",
};

/** True when a scope includes another. */
export function includesScope(scope: ApiScope, needed: ApiScope): boolean {
	return API_SCOPES.indexOf(scope) >= API_SCOPES.indexOf(needed);
}

/** What a token of the API is limited to; all that is given must fit. A token without it reaches everything. */
export const Reach = z.strictObject({
	/** Only while this cluster is declared, or none. */
	cluster: Name.optional(),
	/** Only machines with these labels. */
	labels: Labels.optional(),
	/** Only machines whose seat has this role. */
	role: Name.optional(),
});
export type Reach = z.infer<typeof Reach>;
