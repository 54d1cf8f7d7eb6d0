import {
	AttestReply,
	AttestRequest,
	EnrollReply,
	EnrollRequest,
	enrolledText,
	enrollText,
	sha256Of,
} from "@rollcall/protocol";
import type { z } from "zod";
import { AttestationRefused } from "../../../errors.ts";
import { askCore } from "../ask-core.ts";
import type { Api } from "../dependencies.ts";
import { type Refusal, refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { NOTHING } from "./parameters.ts";

/** True for a token that an operator made and that still lets this key in. */
function isGoodToken({ core, clock }: Api, token: string, publicKey: string): boolean {
	const fleet = core.fleet();
	const known = fleet.tokens.get(fleet.tokenByHash.get(sha256Of(token)) ?? "");
	if (known?.scope !== "enroll" || known.revoked || (known.expiresAt ?? Number.POSITIVE_INFINITY) <= clock.now())
		return false;
	return known.usedBy === undefined || known.usedBy.publicKey === publicKey;
}

/** For nobody's eyes: the connection is closed. */
function nobodyWaits(): Refusal {
	return refuse("not-ready", "whoever asked has closed the connection", { next: "enroll again with the same key" });
}

function bootOf({ publicKey, facts }: Pick<EnrollRequest, "publicKey" | "facts">) {
	return { publicKey, bootId: facts.bootId };
}

/** What is made of a TPM's words. Throws a Refusal where they prove nothing. */
function judged<T>(judge: () => T): T {
	try {
		return judge();
	} catch (error) {
		if (!(error instanceof AttestationRefused)) throw error;
		throw refuse("unauthorized", `the TPM proves nothing: ${error.message}`, {
			next: "ask POST /v1/attest for a new challenge, and have the TPM answer it",
		});
	}
}

/** How an agent comes onto the bus. The token goes no further than its hash. */
export const ENROLL_ROUTES: readonly Route[] = [
	route({
		method: "POST",
		path: "/v1/attest",
		summary: "A challenge to the TPM of a boot that is to enroll",
		scope: "enroll",
		leads: true,
		params: NOTHING,
		query: NOTHING,
		body: AttestRequest,
		status: 200,
		response: AttestReply,
		example: { expires: 1_767_225_600_000, credential: "AEQAIA==", secret: "AQA=", nonce: "q83vEg==" },
		refusals: ["unauthorized", "not-leader", "not-ready"],
		answer: (api, { body }) => judged(() => api.attester.challenge(body)),
	}),
	route({
		method: "POST",
		path: "/v1/enroll",
		summary: "Let an incarnation of a machine onto the bus",
		scope: "enroll",
		leads: true,
		params: NOTHING,
		query: NOTHING,
		body: EnrollRequest,
		status: 200,
		response: EnrollReply,
		example: {
			machineId: "m-4c4c4544",
			jwt: "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ...",
			servers: ["nats://192.0.2.1:4222"],
			signers: ["UAJ2RVVQ5SOUVGBTLM7UD5QGK7YUDRXVEJPSL2EZVTL3OJDX4RSPGKMJ"],
			signature: "kX0u1v...",
			expiresInSeconds: 86_400,
		} as z.input<typeof EnrollReply>,
		refusals: [
			"unauthorized",
			"forbidden",
			"conflict",
			"token-unknown",
			"token-used",
			"token-expired",
			"token-revoked",
			"machine-rejected",
			"incarnation-fenced",
			"boot-waits",
			"not-leader",
			"not-ready",
		],
		knows: (api, { token, publicKey, proof }) =>
			token === undefined
				? proof !== undefined && proof.assignment.publicKey === publicKey && api.credentials.verify(proof)
				: api.signedToken(token) !== undefined || isGoodToken(api, token, publicKey),
		async answer(api, { body, remote, isGone }) {
			if (isGone()) throw nobodyWaits();
			const { nonce, signature, ...claim } = body;
			if (!api.credentials.isBy(claim.publicKey, enrollText(claim, nonce), signature)) {
				throw refuse("unauthorized", "the request is not signed with the private half of the key that it names", {
					next: "sign it with the key of this boot; see docs/protocol.md",
				});
			}
			const { token, attestation, ...request } = claim;
			const tpm = attestation && judged(() => api.attester.judge(attestation, bootOf(claim)));
			const { mac: observedMac, reason: unobserved } = await api.observe(remote);
			const enrolled = await askCore(
				api.core,
				{
					kind: "enroll",
					request,
					...(token === undefined ? {} : { tokenHash: sha256Of(token), signedToken: api.signedToken(token) }),
					proofValid: request.proof !== undefined && api.credentials.verify(request.proof),
					remote,
					...(observedMac === undefined ? {} : { observedMac }),
					...(unobserved === undefined ? {} : { unobserved }),
					...(tpm === undefined ? {} : { tpm }),
					...(request.wall === undefined ? {} : { clockOffMs: request.wall - api.clock.wall() }),
				},
				"enrolled",
				isGone,
			);
			// The machine is recorded, and asks again with the same key.
			if (isGone()) throw nobodyWaits();
			api.failpoint("enroll:before-issue");
			const issued = await api.credentials
				.issue(enrolled.machineId, enrolled.bootId, enrolled.publicKey)
				.catch((error: unknown) => {
					api.log.error({ err: error, machineId: enrolled.machineId }, "could not issue a credential");
					throw refuse("not-ready", `machine ${enrolled.machineId} is enrolled, but no credential could be issued`, {
						machineId: enrolled.machineId,
						next: "enroll again with the same key",
					});
				});
			const reply = {
				machineId: enrolled.machineId,
				jwt: issued.jwt,
				servers: [...api.credentials.servers],
				signers: [...api.credentials.signers],
				expiresInSeconds: issued.expiresInSeconds,
			};
			return { ...reply, signature: api.credentials.signText(enrolledText(reply, nonce)) };
		},
	}),
];
