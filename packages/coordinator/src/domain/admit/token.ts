import type { MachineId, ProblemCode, Timestamp } from "@rollcall/protocol";
import type { Fleet, Token } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { refuse } from "./verdict.ts";

export type CheckedToken =
	| { readonly ok: true; readonly token: Token }
	| { readonly ok: false; readonly verdict: Verdict };

/** Whether the token of an enrollment lets this machine in. Every refusal is an event, so that an operator sees it. */
export function checkToken(
	fleet: Fleet,
	input: InputOf<"enroll">,
	machine: { readonly machineId: MachineId; readonly at: Timestamp },
): CheckedToken {
	const tokenId = input.tokenHash === undefined ? undefined : fleet.tokenByHash.get(input.tokenHash);
	const token = tokenId === undefined ? undefined : fleet.tokens.get(tokenId);
	const finding = findFault(fleet, input, { token, at: machine.at });
	if (token && !finding) return { ok: true, token };
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
	if (token.mac !== undefined && !input.request.facts.nics.some(({ mac }) => mac === token.mac)) {
		return { code: "forbidden", reason: `the token ${token.tokenId} is for the machine with MAC ${token.mac}` };
	}
	return undefined;
}
