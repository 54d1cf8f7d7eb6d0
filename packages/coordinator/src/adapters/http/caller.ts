import { timingSafeEqual } from "node:crypto";
import { sha256Of } from "@rollcall/protocol";
import type { Api, Caller } from "./dependencies.ts";
import { Refusal, refuse } from "./problem.ts";

/** The longest bearer token that is looked at. Ours have 47 characters. */
const MAX_TOKEN_LENGTH = 256;
const LOGIN = "rollcall token create makes one; the first is in the coordinator's admin-token file";

const FIRST_ADMIN: Caller = { tokenId: "admin-token", scope: "admin" };

function unauthorized(message: string): Refusal {
	return new Refusal({ code: "unauthorized", message, next: LOGIN }, { "www-authenticate": 'Bearer realm="rollcall"' });
}

/**
 * Who sends this Authorization header (RFC 6750). Only the token's hash is compared or looked up, so that the time it takes
 * tells nothing of the token. Throws a Refusal.
 */
export function authenticate(api: Pick<Api, "core" | "clock" | "config">, authorization: string | undefined): Caller {
	if (authorization === undefined) throw unauthorized("no token was sent");
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
	if (token.revoked) throw refuse("token-revoked", `token ${token.tokenId} was revoked`, { next: LOGIN });
	if (token.expiresAt !== undefined && token.expiresAt <= api.clock.now()) {
		throw refuse("token-expired", `token ${token.tokenId} has expired`, { next: LOGIN });
	}
	if (token.scope === "enroll") {
		throw refuse("forbidden", `token ${token.tokenId} lets one machine enroll and nothing else`, { next: LOGIN });
	}
	return { tokenId: token.tokenId, scope: token.scope };
}

/** Refuses a caller whose scope is too small: admin includes read. */
export function authorize(caller: Caller, needed: "read" | "admin"): void {
	if (needed === "admin" && caller.scope !== "admin") {
		throw refuse("forbidden", `token ${caller.tokenId} may only read`, { next: "use a token with the scope admin" });
	}
}
