import { EnrollReply, EnrollRequest, sha256Of } from "@rollcall/protocol";
import type { z } from "zod";
import { askCore } from "../ask-core.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { NOTHING } from "./parameters.ts";

/** How an agent comes onto the bus. The token goes no further than its hash. */
export const ENROLL_ROUTES: readonly Route[] = [
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
			signer: "AAJ2RVVQ5SOUVGBTLM7UD5QGK7YUDRXVEJPSL2EZVTL3OJDX4RSPGKMJ",
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
			"not-leader",
			"not-ready",
		],
		async answer(api, { body, remote }) {
			const { token, ...request } = body;
			const enrolled = await askCore(
				api.core,
				{
					kind: "enroll",
					request,
					...(token === undefined ? {} : { tokenHash: sha256Of(token) }),
					proofValid: request.proof !== undefined && api.credentials.verify(request.proof),
					remote,
				},
				"enrolled",
			);
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
			return {
				machineId: enrolled.machineId,
				jwt: issued.jwt,
				servers: [...api.credentials.servers],
				signer: api.credentials.signer,
				expiresInSeconds: issued.expiresInSeconds,
			};
		},
	}),
];
