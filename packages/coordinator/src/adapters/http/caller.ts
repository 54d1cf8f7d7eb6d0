import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type ApiScope, includesScope, type ProblemCode, sha256Of } from "@rollcall/protocol";
import { isoDateOf } from "../../domain/clocks/log-clock.ts";
import { isPartial, reachText } from "../../domain/reach.ts";
import { SignInRefused } from "../../errors.ts";
import type { CertificateHolders, ShownCertificate } from "../../ports/certificate-holders.ts";
import type { Api, Caller } from "./dependencies.ts";
import { Refusal, refuse } from "./problem.ts";
import type { Route } from "./route.ts";
import { certificateOf } from "./secure-front.ts";

/** The longest bearer token that is looked at. Ours have 47 characters. */
const MAX_TOKEN_LENGTH = 256;
const LOGIN = "rollcall token create makes one; the first is in the coordinator's admin-token file";

/** The id of the token in the data folder, as long as the log does not have it. */
export const OWN_TOKEN = "admin-token";
const FIRST_ADMIN: Caller = { name: OWN_TOKEN, scope: "admin" };

function unauthorized(message: string, code: ProblemCode = "unauthorized"): Refusal {
	return new Refusal({ code, message, next: LOGIN }, { "www-authenticate": 'Bearer realm="rollcall"' });
}

/** The longest token of a provider that is looked at; headers have 16 KiB in all. */
const MAX_SIGNED_LENGTH = 12 * 1024;

/** What a request shows of who sends it. */
export interface Shows {
	readonly authorization: string | undefined;
	/** The certificate of its connection. It counts only where nothing else is said. */
	readonly certificate: ShownCertificate | undefined;
	/** True where a page in a browser sends it, which adds the certificate to requests of any page. */
	readonly byPage: boolean;
}

/** What a request shows. Browsers say where a page is from (Fetch, 3.2; Fetch Metadata). */
export function showsOf({ headers, socket }: Pick<IncomingMessage, "headers" | "socket">): Shows {
	const site = headers["sec-fetch-site"];
	return {
		authorization: headers.authorization,
		certificate: certificateOf(socket),
		byPage: headers.origin !== undefined || (site !== undefined && site !== "none"),
	};
}

type Needed = Pick<Api, "core" | "clock" | "config" | "people" | "holders">;

/** Who sends a request: somebody who signed in with a provider, who has a token of ours, or, without either, a certificate. Throws a Refusal. */
export async function callerOf(api: Needed, shows: Shows): Promise<Caller> {
	const { authorization } = shows;
	if (authorization === undefined && shows.certificate && api.holders) return holder(api.holders, shows);
	const signed = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? "")?.[1];
	if (!signed || !api.people) return authenticate(api, authorization);
	if (signed.length > MAX_SIGNED_LENGTH) throw unauthorized("the token is too long");
	try {
		return await api.people.verify(signed);
	} catch (error) {
		throw signInRefusal(error);
	}
}

function holder(holders: CertificateHolders, { certificate, byPage }: Shows): Caller {
	if (byPage)
		throw refuse("forbidden", "a page in a browser may not use the certificate of who looks at it", {
			next: "use the rollcall command, or a token",
		});
	try {
		return { ...holders.holderOf(certificate as ShownCertificate), byCertificate: true };
	} catch (error) {
		throw signInRefusal(error);
	}
}

function signInRefusal(error: unknown): unknown {
	if (!(error instanceof SignInRefused)) return error;
	const { code, message, next } = error;
	if (code === "forbidden" || code === "not-ready") return refuse(code, message, { next });
	return new Refusal({ code, message, next }, { "www-authenticate": 'Bearer realm="rollcall"' });
}

/** True while a caller who was let in before may go on: his token or certificate counts, and his scope is enough. */
export function mayGoOn(
	api: Needed,
	{ caller, shows }: { readonly caller: Caller; readonly shows: Shows },
	needed: Parameters<typeof authorize>[2],
): boolean {
	if (caller.until !== undefined && caller.until <= api.clock.wall()) return false;
	try {
		authorize(api, callerNow(api, { caller, shows }), needed);
		return true;
	} catch {
		return false;
	}
}

function callerNow(api: Needed, { caller, shows }: { readonly caller: Caller; readonly shows: Shows }): Caller {
	if (caller.byCertificate && api.holders) return holder(api.holders, shows);
	return caller.until === undefined ? authenticate(api, shows.authorization) : caller;
}

/**
 * Who sends this Authorization header (RFC 6750). Only the token's hash is compared or looked up, so that the time it takes
 * tells nothing of the token. Throws a Refusal.
 */
function authenticate(
	api: Pick<Api, "core" | "clock" | "config" | "holders">,
	authorization: string | undefined,
): Caller {
	if (authorization === undefined)
		throw unauthorized(api.holders ? "neither a token nor a certificate was sent" : "no token was sent");
	const match = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization);
	if (!match?.[1] || match[1].length > MAX_TOKEN_LENGTH)
		throw unauthorized("the Authorization header holds no bearer token");
	const hash = sha256Of(match[1]);
	const fleet = api.core.fleet();
	const token = fleet.tokens.get(fleet.tokenByHash.get(hash) ?? "");
	if (!token) {
		// The coordinator's own token counts also while the log, which usually knows it, cannot be read.
		if (timingSafeEqual(Buffer.from(hash), Buffer.from(api.config.adminTokenHash))) return FIRST_ADMIN;
		throw unauthorized("the token is not known");
	}
	if (token.revoked) throw unauthorized(`token ${token.tokenId} was revoked`, "token-revoked");
	if (token.expiresAt !== undefined && token.expiresAt <= api.clock.now()) {
		const ended = isoDateOf(fleet, token.expiresAt);
		throw unauthorized(`token ${token.tokenId} has expired: it was good until ${ended}`, "token-expired");
	}
	if (token.scope === "enroll") {
		throw refuse("forbidden", `token ${token.tokenId} lets one machine enroll and nothing else`, { next: LOGIN });
	}
	return { name: token.tokenId, scope: token.scope, ...(token.reach ? { reach: token.reach } : {}) };
}

/** Refuses a caller whose scope is too small, or who is limited to other things than a route is about. Throws a Refusal. */
export function authorize(
	{ core }: Pick<Api, "core">,
	{ name, scope, reach }: Caller,
	{ scope: needed, partial }: { readonly scope: ApiScope; readonly partial?: Route["partial"] },
): void {
	if (!includesScope(scope, needed)) {
		throw refuse("forbidden", `token ${name} has the scope ${scope}, and this takes ${needed}`, {
			next: `use a token with the scope ${needed}`,
		});
	}
	if (!reach) return;
	const { cluster } = core.fleet();
	if (reach.cluster !== undefined && cluster && cluster.document.name !== reach.cluster) {
		throw refuse("forbidden", `token ${name} is for ${reachText(reach)}, and ${cluster.document.name} is declared`, {
			next: "use a token of that cluster",
		});
	}
	if (isPartial(reach) && partial === undefined) {
		throw refuse("forbidden", `token ${name} is for ${reachText(reach)}, and this is about the whole fleet`, {
			next: "use a token that is not limited",
		});
	}
}
