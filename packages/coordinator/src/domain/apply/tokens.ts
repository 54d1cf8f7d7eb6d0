import type { EventOf, Timestamp } from "@rollcall/protocol";
import { type Fleet, MAX_TOKENS, MIN_TOKEN_SWEEP, type Token } from "../fleet.ts";

/** How long a token that is over can still be told from one that never was, in milliseconds. */
const KEPT_AFTER_END_MS = 3_600_000;

export function applyTokenCreated(fleet: Fleet, event: EventOf<"token-created">): Fleet {
	if (fleet.tokens.has(event.tokenId) || fleet.tokenByHash.has(event.hash)) return fleet;
	const token: Token = {
		tokenId: event.tokenId,
		hash: event.hash,
		scope: event.scope,
		createdAt: event.at,
		expiresAt: event.expiresAt,
		mac: event.mac,
		labels: event.labels,
		revoked: false,
	};
	const swept = fleet.tokens.size >= fleet.tokenSweepAt ? sweep(fleet, event.at) : fleet;
	return {
		...swept,
		tokens: swept.tokens.set(token.tokenId, token),
		tokenByHash: swept.tokenByHash.set(token.hash, token.tokenId),
	};
}

export function applyTokenRevoked(fleet: Fleet, event: EventOf<"token-revoked">): Fleet {
	const token = fleet.tokens.get(event.tokenId);
	if (!token) return fleet;
	return { ...fleet, tokens: fleet.tokens.set(token.tokenId, { ...token, revoked: true }) };
}

/**
 * True for a token that is over for so long that nobody needs to tell it from one that never was. One without an end, as the
 * first admin token, is kept for ever, and with it that it was revoked.
 */
export function canBeForgotten({ expiresAt }: Token, at: Timestamp): boolean {
	return expiresAt !== undefined && at - expiresAt > KEPT_AFTER_END_MS;
}

/** Forgets tokens that have been over for long. Sweeping again only at twice the size makes it cheap per token. */
function sweep(fleet: Fleet, at: Timestamp): Fleet {
	const over = [...fleet.tokens.values()].filter((token) => canBeForgotten(token, at));
	const tokens = fleet.tokens.deleteAll(over.map(({ tokenId }) => tokenId));
	return {
		...fleet,
		tokens,
		tokenByHash: fleet.tokenByHash.deleteAll(over.map(({ hash }) => hash)),
		tokenSweepAt: Math.min(MAX_TOKENS, Math.max(MIN_TOKEN_SWEEP, tokens.size * 2)),
	};
}
