import type { Timestamp } from "@rollcall/protocol";
import { canBeForgotten } from "../apply/tokens.ts";
import { type Fleet, MAX_TOKENS } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, refuse } from "./verdict.ts";

/** A token is made. Only its hash is known here. Where there are too many, it takes the place of those that are over for long. */
export function createToken(fleet: Fleet, input: InputOf<"create-token">, at: Timestamp): Verdict {
	const { tokenId, hash, scope, expiresAt, mac, labels, by } = input;
	if (fleet.tokens.has(tokenId) || fleet.tokenByHash.has(hash)) {
		return refuse({
			code: "conflict",
			message: `there is a token ${tokenId} already`,
			next: "try again",
			path: "tokenId",
		});
	}
	if (fleet.tokens.size >= MAX_TOKENS && !fleet.tokens.some((token) => canBeForgotten(token, at))) {
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
