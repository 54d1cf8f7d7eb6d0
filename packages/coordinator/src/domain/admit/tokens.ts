import type { EventDraft, Timestamp } from "@rollcall/protocol";
import { canBeForgotten } from "../apply/tokens.ts";
import { type Fleet, MAX_TOKENS, type Token } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, refuse } from "./verdict.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
/** So many tokens are told of at once; the others the next time. */
const MOST_ENDING = 32;
const MOST_USED = 256;

/** An operator or a boot makes a token; only its hash is known here. When there are too many, tokens that ended long ago are forgotten for it. */
export function createToken(fleet: Fleet, input: InputOf<"create-token">, at: Timestamp): Verdict {
	const { tokenId, hash, scope, expiresAt, mac, labels, reach, by } = input;
	if (fleet.tokens.has(tokenId) || fleet.tokenByHash.has(hash)) {
		return refuse({
			code: "conflict",
			message: `there is a token ${tokenId} already`,
			next: "try again",
			path: "tokenId",
		});
	}
	const givesWay = (token: Token): boolean => token.usedBy !== undefined || canBeForgotten(token, at);
	if (fleet.tokens.size >= MAX_TOKENS && !fleet.tokens.some(givesWay)) {
		return refuse({
			code: "too-many-requests",
			message: `there are ${fleet.tokens.size} tokens, no more are made`,
			next: "wait until some have expired",
		});
	}
	return accept([
		{
			type: "token-created",
			tokenId,
			hash,
			scope,
			...(expiresAt === undefined ? {} : { expiresAt }),
			...(mac === undefined ? {} : { mac }),
			labels,
			...(reach === undefined ? {} : { reach }),
			by,
		},
	]);
}

/** An operator revokes a token. Machines that it let in stay in. The last one with which the API can be administered goes only by force. */
export function revokeToken(fleet: Fleet, input: InputOf<"revoke-token">, at: Timestamp): Verdict {
	const { tokenId, by, force, ownHash } = input;
	const token = fleet.tokens.get(tokenId);
	if (!token) {
		return refuse({
			code: "not-found",
			message: `no token ${tokenId.slice(0, 64)} is known`,
			next: "list the tokens and use the id from there",
			path: "tokenId",
		});
	}
	if (token.revoked) return NOTHING;
	const isUsable = ({ scope, revoked, expiresAt }: Token) =>
		scope === "admin" && !revoked && (expiresAt === undefined || expiresAt > at);
	const ownCounts = ownHash !== undefined && !fleet.tokenByHash.has(ownHash);
	const isLast = !ownCounts && isUsable(token) && !fleet.tokens.some((one) => one !== token && isUsable(one));
	if (isLast && !force) {
		return refuse({
			code: "conflict",
			message: `token ${tokenId} is the last one with the scope admin: without it nobody can change anything by the API`,
			next: "make another first: rollcall token create --scope admin --out FILE; or --force, and docs/operations.md says how to get a new one",
			path: "tokenId",
		});
	}
	return accept([{ type: "token-revoked", tokenId, by }]);
}

/** True when it is time to record that a token of the API was used: the use before is an hour old. */
export function isNewUse({ used, scope }: Token, at: Timestamp): boolean {
	return scope !== "enroll" && (used === undefined || at - used.at >= HOUR_MS);
}

/** Tokens of the API that end within a week, or within a tenth of their life where that is less, and of which that was not told. */
export function endingTokens(fleet: Fleet, at: Timestamp): Token[] {
	const ending: Token[] = [];
	for (const token of fleet.tokens.values()) {
		const { scope, revoked, endTold, expiresAt, createdAt } = token;
		if (scope === "enroll" || revoked || endTold || expiresAt === undefined || expiresAt <= at) continue;
		if (expiresAt - at <= Math.min(WEEK_MS, (expiresAt - createdAt) / 10)) ending.push(token);
		if (ending.length === MOST_ENDING) break;
	}
	return ending;
}

/** What was seen of tokens and refusals; with it, which tokens end soon. */
export function accessSeen(fleet: Fleet, { used, refused }: InputOf<"access-seen">, at: Timestamp): Verdict {
	const news = used
		.filter((one) => {
			const token = fleet.tokens.get(one.tokenId);
			return token !== undefined && isNewUse(token, one.at);
		})
		.slice(0, MOST_USED);
	const events: EventDraft[] = [];
	if (news.length > 0) events.push({ type: "tokens-used", tokens: [...news] });
	for (const { tokenId, expiresAt } of endingTokens(fleet, at))
		events.push({ type: "token-ending", tokenId, expiresAt: expiresAt as Timestamp });
	if (refused) events.push({ type: "requests-refused", ...refused });
	return accept(events);
}
