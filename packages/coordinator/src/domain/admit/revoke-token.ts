import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, refuse } from "./verdict.ts";

/** A token is good for nothing any more. What it let in stays in. */
export function revokeToken(fleet: Fleet, { tokenId, by }: InputOf<"revoke-token">): Verdict {
	const token = fleet.tokens.get(tokenId);
	if (!token) {
		return refuse({
			code: "not-found",
			message: `no token ${tokenId.slice(0, 64)} is known`,
			next: "list the tokens and use the id from there",
			path: "tokenId",
		});
	}
	return token.revoked ? NOTHING : accept([{ type: "token-revoked", tokenId, by }]);
}
