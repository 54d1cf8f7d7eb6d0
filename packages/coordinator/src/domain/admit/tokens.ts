import { type EventDraft, type MachineId, macsOf, type ProblemCode, type Timestamp } from "@rollcall/protocol";
import { canBeForgotten } from "../apply/tokens.ts";
import { type Fleet, MAX_TOKENS, type Token } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, refuse } from "./verdict.ts";

type TokenCreated = Extract<EventDraft, { type: "token-created" }>;

export type CheckedToken =
	/** `unwritten`: a signed token, which is written down together with its use. */
	| { readonly ok: true; readonly token: Token; readonly unwritten: readonly EventDraft[] }
	| { readonly ok: false; readonly verdict: Verdict };

/** Whether the token of an enrollment lets this machine in. Every refusal is an event, so that an operator sees it. */
export function checkToken(
	fleet: Fleet,
	input: InputOf<"enroll">,
	machine: { readonly machineId: MachineId; readonly at: Timestamp },
): CheckedToken {
	const tokenId =
		input.signedToken?.tokenId ?? (input.tokenHash === undefined ? undefined : fleet.tokenByHash.get(input.tokenHash));
	const written = tokenId === undefined ? undefined : fleet.tokens.get(tokenId);
	const created = written ? undefined : creationOf(input);
	const token = written ?? (created && { ...created, scope: "enroll" as const, createdAt: machine.at, revoked: false });
	const finding = findFault(fleet, input, { token, at: machine.at });
	if (token && !finding) return { ok: true, token, unwritten: created ? [created] : [] };
	const { machineId } = machine;
	const { code, reason } = finding ?? { code: "token-unknown", reason: "the token is not known" };
	return {
		ok: false,
		verdict: refuse(
			{
				code,
				message: `machine ${machineId} cannot enroll: ${reason}`,
				next: "boot it again, so that it fetches a new token, or create one for it",
				machineId,
				path: "token",
			},
			[
				{
					type: "enrollment-refused",
					...(token ? { tokenId: token.tokenId } : {}),
					machineId,
					reason,
					remote: input.remote.slice(0, 64),
				},
			],
		),
	};
}

/** A signed token as the log records it at its use. */
function creationOf({ signedToken, tokenHash }: InputOf<"enroll">): TokenCreated | undefined {
	if (!signedToken || tokenHash === undefined) return undefined;
	return { type: "token-created", ...signedToken, hash: tokenHash, scope: "enroll", labels: {}, by: "boot" };
}

function findFault(
	fleet: Fleet,
	input: InputOf<"enroll">,
	{ token, at }: { token: Token | undefined; at: Timestamp },
): { code: ProblemCode; reason: string } | undefined {
	if (input.tokenHash === undefined) {
		const reason =
			fleet.removed.size > 0 && input.request.proof ? "its proof does not count any more" : "it has no token";
		return { code: "unauthorized", reason };
	}
	if (!token) return { code: "token-unknown", reason: "the token is not known" };
	if (token.revoked) return { code: "token-revoked", reason: `the token ${token.tokenId} was revoked` };
	if (token.scope !== "enroll") {
		return {
			code: "forbidden",
			reason: `the token ${token.tokenId} is for the API (scope ${token.scope}), not for enrolling`,
		};
	}
	// The incarnation that used it is known by boot and key, and does not come this far.
	if (token.usedBy) {
		return { code: "token-used", reason: `the token ${token.tokenId} was used by ${token.usedBy.machineId} already` };
	}
	if (token.expiresAt !== undefined && at >= token.expiresAt) {
		return { code: "token-expired", reason: `the token ${token.tokenId} has expired` };
	}
	if (token.mac !== undefined && !macsOf(input.request.facts).includes(token.mac)) {
		return { code: "forbidden", reason: `the token ${token.tokenId} is for the machine with MAC ${token.mac}` };
	}
	return undefined;
}

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
