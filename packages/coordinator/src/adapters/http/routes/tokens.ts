import { randomBytes, randomUUID } from "node:crypto";
import { sha256Of, type Timestamp, TokenCreated, TokenList, TokenRequest, TokenView } from "@rollcall/protocol";
import { z } from "zod";
import type { Token } from "../../../domain/fleet.ts";
import { askCore } from "../ask-core.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { NOTHING, wholeNumber } from "./parameters.ts";

const ENROLL_SECONDS = 600;
const ENROLL_MAX_SECONDS = 86_400;
/** How many tokens a list shows at most. */
const MAX_LISTED = 10_000;

/** A token as it is listed, without anything that it could be guessed from. */
function tokenView(token: Token, now: Timestamp): TokenView {
	const expired = token.expiresAt !== undefined && token.expiresAt <= now;
	return {
		tokenId: token.tokenId,
		scope: token.scope,
		state: token.revoked ? "revoked" : token.usedBy ? "used" : expired ? "expired" : "usable",
		createdAt: new Date(token.createdAt).toISOString(),
		...(token.expiresAt === undefined ? {} : { expiresAt: new Date(token.expiresAt).toISOString() }),
		...(token.usedBy ? { usedBy: token.usedBy.machineId } : {}),
		...(token.mac === undefined ? {} : { mac: token.mac }),
		labels: token.labels,
	};
}

/** Seconds that the token lives, if it ends. Throws a Refusal for what an enroll token, or another one, cannot have. */
function lifeSeconds(request: TokenRequest): number | undefined {
	if (request.scope === "enroll") {
		const seconds = request.expiresInSeconds ?? ENROLL_SECONDS;
		if (seconds <= ENROLL_MAX_SECONDS) return seconds;
		throw refuse("bad-request", `an enroll token lives at most ${ENROLL_MAX_SECONDS} s`, { path: "expiresInSeconds" });
	}
	const wrong = request.mac !== undefined ? "mac" : Object.keys(request.labels).length > 0 ? "labels" : undefined;
	if (wrong) throw refuse("bad-request", `${wrong}: only enroll tokens have it`, { path: wrong });
	return request.expiresInSeconds;
}

const EXAMPLE: z.input<typeof TokenView> = {
	tokenId: "9f1c2b7a40de",
	scope: "enroll",
	state: "usable",
	createdAt: "2026-11-02T08:00:00.000Z",
	expiresAt: "2026-11-02T08:10:00.000Z",
	labels: {},
};
const admin = { scope: "admin", query: NOTHING, params: NOTHING, status: 200 } as const;

/** Tokens for enrollment and for this API. */
export const TOKEN_ROUTES: readonly Route[] = [
	route({
		...admin,
		method: "GET",
		path: "/v1/tokens",
		summary: "List tokens, newest first",
		leads: false,
		query: z.strictObject({ limit: wholeNumber({ min: 1, max: MAX_LISTED }).optional() }),
		body: null,
		response: TokenList,
		example: { tokens: [EXAMPLE], more: 0 },
		refusals: [],
		answer(api, { query }) {
			const all = [...api.core.fleet().tokens.values()].sort((a, b) => b.createdAt - a.createdAt);
			const shown = all.slice(0, query.limit ?? 1000);
			const now = api.clock.now();
			return { tokens: shown.map((token) => tokenView(token, now)), more: all.length - shown.length };
		},
	}),
	route({
		...admin,
		method: "POST",
		path: "/v1/tokens",
		summary: "Make a token; it is shown in this answer and never again",
		leads: true,
		body: TokenRequest,
		status: 201,
		response: TokenCreated,
		example: { token: "rct_Zm9yIHRoZSBkb2N1bWVudCBvbmx5LCBub3QgYSB0b2s", view: EXAMPLE },
		refusals: ["not-leader", "not-ready"],
		async answer(api, { body, caller }) {
			const seconds = lifeSeconds(body);
			const token = `rct_${randomBytes(32).toString("base64url")}`;
			const tokenId = randomUUID().replaceAll("-", "").slice(0, 12);
			const input = {
				kind: "create-token",
				tokenId,
				hash: sha256Of(token),
				scope: body.scope,
				...(seconds === undefined ? {} : { expiresAt: api.clock.now() + seconds * 1000 }),
				...(body.mac === undefined ? {} : { mac: body.mac }),
				labels: body.labels,
				by: caller.tokenId,
			} as const;
			await askCore(api.core, input, "ok");
			const made = api.core.fleet().tokens.get(tokenId) ?? { ...input, createdAt: api.clock.now(), revoked: false };
			return { token, view: tokenView(made, api.clock.now()) };
		},
	}),
	route({
		...admin,
		method: "DELETE",
		path: "/v1/tokens/{id}",
		summary: "Revoke a token; event streams that were opened with it end",
		leads: true,
		params: z.strictObject({ id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "not a token id") }),
		body: null,
		response: TokenView,
		example: { ...EXAMPLE, state: "revoked" },
		refusals: ["not-found", "not-leader", "not-ready"],
		async answer(api, { params, caller }) {
			const unknown = refuse("not-found", `no token has the id ${params.id}`, {
				path: "id",
				next: "rollcall token list",
			});
			if (!api.core.fleet().tokens.has(params.id)) throw unknown;
			await askCore(api.core, { kind: "revoke-token", tokenId: params.id, by: caller.tokenId }, "ok");
			const token = api.core.fleet().tokens.get(params.id);
			if (!token) throw unknown;
			return tokenView(token, api.clock.now());
		},
	}),
];
