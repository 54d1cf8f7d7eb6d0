import { randomBytes, randomUUID } from "node:crypto";
import {
	type MachineId,
	type Reach,
	scopeNow,
	sha256Of,
	type Timestamp,
	TokenCreated,
	TokenList,
	TokenRequest,
	type TokenScope,
	TokenView,
} from "@rollcall/protocol";
import { z } from "zod";
import { isoDateOf } from "../../../domain/clocks/log-clock.ts";
import type { Fleet, Token } from "../../../domain/fleet.ts";
import { askCore } from "../ask-core.ts";
import { OWN_TOKEN } from "../caller.ts";
import type { Api, Caller } from "../dependencies.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { NOTHING, wholeNumber } from "./parameters.ts";

const ENROLL_SECONDS = 600;
const ENROLL_MAX_SECONDS = 86_400;
/** 90 days, in seconds: who needs a token for longer says so. */
const API_SECONDS = 7_776_000;
/** How many tokens a list shows at most. */
const MAX_LISTED = 10_000;

/** A token as it is listed, without anything that it could be guessed from. */
function tokenView(fleet: Fleet, token: Token, now: Timestamp): TokenView {
	const expired = token.expiresAt !== undefined && token.expiresAt <= now;
	return {
		tokenId: token.tokenId,
		scope: token.scope,
		state: token.revoked ? "revoked" : token.usedBy ? "used" : expired ? "expired" : "usable",
		createdAt: isoDateOf(fleet, token.createdAt),
		...(token.expiresAt === undefined ? {} : { expiresAt: isoDateOf(fleet, token.expiresAt) }),
		...(token.usedBy ? { usedBy: token.usedBy.machineId, ...nodeNameOf(fleet, token.usedBy.machineId) } : {}),
		...(token.used ? { lastUsed: { at: isoDateOf(fleet, token.used.at), from: token.used.from } } : {}),
		...(token.mac === undefined ? {} : { mac: token.mac }),
		labels: token.labels,
		...(token.reach ? { reach: token.reach } : {}),
	};
}

function nodeNameOf(fleet: Fleet, machineId: MachineId): Pick<TokenView, "nodeName"> {
	const nodeName = fleet.machines.get(machineId)?.seat?.nodeName;
	return nodeName === undefined ? {} : { nodeName };
}

/** The token in the coordinator's data folder, where the log does not have it: it counts all the same. */
function ownToken({ core, config }: Pick<Api, "core" | "config">): TokenView[] {
	const fleet = core.fleet();
	if (fleet.tokenByHash.has(config.adminTokenHash)) return [];
	const createdAt = new Date(config.adminTokenMadeAt).toISOString();
	return [{ tokenId: OWN_TOKEN, scope: "admin", state: "usable", createdAt, labels: {} }];
}

/** Seconds that the token lives, if it ends. Throws a Refusal for what an enroll token, or another one, cannot have. */
function lifeSeconds(request: TokenRequest): number | undefined {
	if (request.scope === "enroll") {
		const seconds = request.expiresInSeconds ?? ENROLL_SECONDS;
		if (seconds <= ENROLL_MAX_SECONDS) return seconds;
		throw refuse("bad-request", `an enroll token lives at most ${ENROLL_MAX_SECONDS} s`, {
			path: "expiresInSeconds",
			next: "make it for less, and another one later",
		});
	}
	const wrong = request.mac !== undefined ? "mac" : Object.keys(request.labels).length > 0 ? "labels" : undefined;
	if (wrong)
		throw refuse("bad-request", `${wrong}: only enroll tokens have it`, {
			path: wrong,
			next: `leave it out, or make a token with the scope enroll`,
		});
	return request.expiresInSeconds === null ? undefined : (request.expiresInSeconds ?? API_SECONDS);
}

/** What the token is limited to, if it is. Throws a Refusal for one that cannot be. */
function reachOf({ scope, reach }: TokenRequest): Reach | undefined {
	if (reach === undefined || Object.keys(reach).length === 0) return undefined;
	if (scope !== "enroll" && scope !== "admin") return reach;
	throw refuse("bad-request", `reach: tokens with the scope ${scope} are not limited`, {
		path: "reach",
		next: "make one with the scope viewer, approver or operator",
	});
}

/** Only an administrator gives rights at the API to others. Throws a Refusal. */
function authorizeScope(caller: Caller, scope: TokenScope): void {
	if (scope === "enroll" || caller.scope === "admin") return;
	throw refuse("forbidden", `token ${caller.name} has the scope ${caller.scope}, and makes only enroll tokens`, {
		path: "scope",
		next: "use a token with the scope admin",
	});
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
			const fleet = api.core.fleet();
			const all = [...fleet.tokens.values()].sort((a, b) => b.createdAt - a.createdAt);
			const shown = all.slice(0, query.limit ?? 1000);
			const now = api.clock.now();
			const tokens = [...ownToken(api), ...shown.map((token) => tokenView(fleet, token, now))];
			return { tokens, more: all.length - shown.length };
		},
	}),
	route({
		...admin,
		method: "POST",
		path: "/v1/tokens",
		scope: "operator",
		summary: "Make a token; it is shown in this answer and never again",
		leads: true,
		body: TokenRequest,
		status: 201,
		response: TokenCreated,
		example: {
			token: "rct_Zm9yIHRoZSBkb2N1bWVudCBvbmx5LCBub3QgYSB0b2s",
			signers: ["UAJ2RVVQ5SOUVGBTLM7UD5QGK7YUDRXVEJPSL2EZVTL3OJDX4RSPGKMJ"],
			view: EXAMPLE,
		},
		refusals: ["not-leader", "not-ready"],
		async answer(api, { body, caller }) {
			const scope = scopeNow(body.scope);
			authorizeScope(caller, scope);
			const seconds = lifeSeconds(body);
			const reach = reachOf(body);
			const token = `rct_${randomBytes(32).toString("base64url")}`;
			const tokenId = randomUUID().replaceAll("-", "").slice(0, 12);
			const input = {
				kind: "create-token",
				tokenId,
				hash: sha256Of(token),
				scope,
				...(seconds === undefined ? {} : { expiresAt: api.clock.now() + seconds * 1000 }),
				...(body.mac === undefined ? {} : { mac: body.mac }),
				labels: body.labels,
				...(reach === undefined ? {} : { reach }),
				by: caller.name,
			} as const;
			await askCore(api.core, input, "ok");
			const made = api.core.fleet().tokens.get(tokenId) ?? { ...input, createdAt: api.clock.now(), revoked: false };
			return { token, signers: [...api.credentials.signers], view: tokenView(api.core.fleet(), made, api.clock.now()) };
		},
	}),
	route({
		...admin,
		method: "DELETE",
		path: "/v1/tokens/{id}",
		summary: "Revoke a token; event streams that were opened with it end",
		leads: true,
		params: z.strictObject({ id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "not a token id") }),
		query: z.strictObject({ force: z.literal("true").optional() }),
		body: null,
		response: TokenView,
		example: { ...EXAMPLE, state: "revoked" },
		refusals: ["not-found", "conflict", "not-leader", "not-ready"],
		async answer(api, { params, query, caller }) {
			if (params.id === OWN_TOKEN) {
				throw refuse("conflict", `token ${OWN_TOKEN} is the coordinator's own, in its data folder`, {
					path: "id",
					next: "remove the file admin-token there and start the coordinator again: it makes another",
				});
			}
			const unknown = refuse("not-found", `no token has the id ${params.id}`, {
				path: "id",
				next: "rollcall token list",
			});
			if (!api.core.fleet().tokens.has(params.id)) throw unknown;
			const force = query.force ? { force: true as const } : {};
			const ownHash = api.config.adminTokenHash;
			await askCore(api.core, { kind: "revoke-token", tokenId: params.id, by: caller.name, ownHash, ...force }, "ok");
			const token = api.core.fleet().tokens.get(params.id);
			if (!token) throw unknown;
			return tokenView(api.core.fleet(), token, api.clock.now());
		},
	}),
];
