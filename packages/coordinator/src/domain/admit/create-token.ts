import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, refuse } from "./verdict.ts";

/** So many tokens are kept at once; whoever can ask for boot scripts must not fill the coordinator's memory. */
const MAX_TOKENS = 100_000;

/** A token is made. Only its hash is known here. */
export function createToken(fleet: Fleet, input: InputOf<"create-token">): Verdict {
	const { tokenId, hash, scope, expiresAt, mac, labels, by } = input;
	if (fleet.tokens.has(tokenId) || fleet.tokenByHash.has(hash)) {
		return refuse({
			code: "conflict",
			message: `there is a token ${tokenId} already`,
			next: "try again",
			path: "tokenId",
		});
	}
	if (fleet.tokens.size >= MAX_TOKENS) {
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
			by,
		},
	]);
}
