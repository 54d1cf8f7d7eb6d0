import { type EventOf, scopeNow, type Timestamp } from "@rollcall/protocol";
import { type Fleet, MAX_TOKENS, MIN_TOKEN_SWEEP, type Token } from "../fleet.ts";

/** How long a token that is over can still be told from one that never was, in milliseconds. */
const KEPT_AFTER_END_MS = 3_600_000;

/** A token is made. Those that are over make room from time to time. */
export function applyTokenCreated(fleet: Fleet, event: EventOf<"token-created">): Fleet {
	if (fleet.tokens.has(event.tokenId) || fleet.tokenByHash.has(event.hash)) return fleet;
	const token: Token = {
		tokenId: event.tokenId,
		hash: event.hash,
		scope: scopeNow(event.scope),
		createdAt: event.at,
		expiresAt: event.expiresAt,
		mac: event.mac,
		labels: event.labels,
		reach: event.reach,
		revoked: false,
	};
	const swept = fleet.tokens.size >= fleet.tokenSweepAt ? sweep(fleet, event.at) : fleet;
	return {
		...swept,
		tokens: swept.tokens.set(token.tokenId, token),
		tokenByHash: swept.tokenByHash.set(token.hash, token.tokenId),
	};
}

/** A token is believed no more. */
export function applyTokenRevoked(fleet: Fleet, event: EventOf<"token-revoked">): Fleet {
	const token = fleet.tokens.get(event.tokenId);
	if (!token) return fleet;
	return { ...fleet, tokens: fleet.tokens.set(token.tokenId, { ...token, revoked: true }) };
}

/** When and from where tokens were used last. */
export function applyTokensUsed(fleet: Fleet, event: EventOf<"tokens-used">): Fleet {
	const tokens = fleet.tokens.withMutations((map) => {
		for (const { tokenId, at, from } of event.tokens) {
			const token = map.get(tokenId);
			if (token) map.set(tokenId, { ...token, used: { at, from } });
		}
	});
	return { ...fleet, tokens };
}

/** It was told that a token ends soon. */
export function applyTokenEnding(fleet: Fleet, event: EventOf<"token-ending">): Fleet {
	const token = fleet.tokens.get(event.tokenId);
	return token ? { ...fleet, tokens: fleet.tokens.set(token.tokenId, { ...token, endTold: true }) } : fleet;
}

/**
 * True for a token that is over for so long that nobody needs to tell it from one that never was. One without an end, as the
 * first admin token, is kept for ever, and with it that it was revoked.
 */
export function canBeForgotten({ expiresAt }: Token, at: Timestamp): boolean {
	return expiresAt !== undefined && at - expiresAt > KEPT_AFTER_END_MS;
}

function oldestUsed(fleet: Fleet): Token[] {
	const used = [...fleet.tokens.values()].filter((token) => token.usedBy !== undefined);
	return used.sort((a, b) => a.createdAt - b.createdAt).slice(0, MAX_TOKENS / 4);
}

/**
 * Forgets tokens that have been over for long, and, where there are too many all the same, those that were used longest ago:
 * what machines use up gives way to what operators make. Sweeping again only at twice the size makes it cheap per token.
 */
function sweep(fleet: Fleet, at: Timestamp): Fleet {
	const past = [...fleet.tokens.values()].filter((token) => canBeForgotten(token, at));
	const over = fleet.tokens.size - past.length < MAX_TOKENS ? past : [...past, ...oldestUsed(fleet)];
	const tokens = fleet.tokens.deleteAll(over.map(({ tokenId }) => tokenId));
	return {
		...fleet,
		tokens,
		tokenByHash: fleet.tokenByHash.deleteAll(over.map(({ hash }) => hash)),
		tokenSweepAt: Math.min(MAX_TOKENS, Math.max(MIN_TOKEN_SWEEP, tokens.size * 2)),
	};
}
