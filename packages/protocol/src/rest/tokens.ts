import { z } from "zod";
import { Labels, Mac, MachineId, Name, UserPublicKey } from "../ids.ts";
import { Reach, RecordedScope, TokenScope } from "../token-scope.ts";

/** A token as it is listed. The token itself is only in the answer to its creation. */
export const TokenView = z.strictObject({
	tokenId: z.string(),
	scope: TokenScope,
	state: z.enum(["usable", "used", "expired", "revoked"]),
	createdAt: z.string(),
	expiresAt: z.string().optional(),
	usedBy: MachineId.optional(),
	/** When and from where a token of the API was used last, give or take an hour. */
	lastUsed: z.strictObject({ at: z.string(), from: z.string() }).optional(),
	/** The node name of that machine, where it has one. */
	nodeName: Name.optional(),
	mac: Mac.optional(),
	labels: Labels,
	/** What a token of the API is limited to. */
	reach: Reach.optional(),
});
export type TokenView = z.infer<typeof TokenView>;
export const TokenRequest = z.strictObject({
	/** `read`: what `viewer` was called before. */
	scope: RecordedScope,
	/** Life in seconds. Enroll tokens: at most a day, 10 minutes by default. Others: 90 days by default; null has no end. */
	expiresInSeconds: z.int().min(1).max(31_536_000).nullable().optional(),
	mac: Mac.optional(),
	labels: Labels.default({}),
	/** Tokens of the API below `admin`: what they are limited to. */
	reach: Reach.optional(),
});
export type TokenRequest = z.infer<typeof TokenRequest>;
/** The token is shown once. `signers`: the public nkeys of the fleet, which whoever gets the token pins. */
export const TokenCreated = z.strictObject({
	token: z.string(),
	signers: z.array(UserPublicKey).default([]),
	view: TokenView,
});
export type TokenCreated = z.infer<typeof TokenCreated>;

/** `GET /v1/tokens`: newest first. `more`: how many older ones were left out. */
export const TokenList = z.strictObject({ tokens: z.array(TokenView), more: z.int() });
export type TokenList = z.infer<typeof TokenList>;
