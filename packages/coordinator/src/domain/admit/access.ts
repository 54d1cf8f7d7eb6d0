import type { EventDraft, Timestamp } from "@rollcall/protocol";
import type { Fleet, Token } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept } from "./verdict.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
/** So many tokens are told of at once; the others the next time. */
const MOST_ENDING = 32;
const MOST_USED = 256;

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
