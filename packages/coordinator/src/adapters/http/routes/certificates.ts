import {
	CertificateList,
	dateText,
	OperatorCertificate,
	OperatorCertificateRequest,
	type Rotated,
	RotateReply,
	RotateRequest,
	type Trust,
} from "@rollcall/protocol";
import { keysAreFixed, NOT_REWRITTEN, snapshotNeeds } from "../../../domain/admit/certificates.ts";
import { certificateList } from "../../../domain/certificates/certificate-list.ts";
import {
	behind,
	mustRewrite,
	nextStep,
	ROTATED,
	type RotationStep,
	rotated,
} from "../../../domain/certificates/rotation.ts";
import { authorityFault, hasValidAuthorities, mendedTrust } from "../../../domain/certificates/wrong-authorities.ts";
import type { Fleet } from "../../../domain/fleet.ts";
import { membersOf } from "../../../domain/networks/members.ts";
import { CertificateRefused } from "../../../errors.ts";
import { ADMINISTRATORS, MASTERS } from "../../../render/certificates.ts";
import { urlHost } from "../../../render/node.ts";
import { askCore } from "../ask-core.ts";
import type { Api } from "../dependencies.ts";
import { Refusal, refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { NOTHING } from "./parameters.ts";
import { listenersRotation, rotateListeners } from "./rotate-listeners.ts";
import { refuseWhile } from "./waited-for.ts";

const PEM = "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n";
const FINGERPRINT = `sha256:${"5e".repeat(32)}`;
const DONE: Readonly<Record<RotationStep, string>> = {
	prepare:
		"machines believe the new keys beside the old ones; ask again when all have followed, then the new ones sign",
	sign: "the new keys sign; ask again when all machines have followed, then the old ones are believed no more",
	finish: "only the new keys are believed",
};

const DONE_SECRETS: Readonly<Record<RotationStep, string>> = {
	prepare: "API servers can read with the new key too; ask again when all have followed, then it writes",
	sign: "the new key writes, and when all have followed the coordinator writes all Secrets anew; ask again then, and the old key goes",
	finish: "only the new key is left",
};

/** Why a step of the rotation cannot be done, whichever machines have followed. Asked before new keys are made for it. */
function refuseEarly(fleet: Fleet, { what, done, at }: { what: Rotated; done: RotationStep; at: number }): void {
	const fixed = keysAreFixed(fleet, at);
	if (fixed) throw new Refusal(fixed);
	const encrypts = fleet.cluster?.document.kubernetes.encryptionAtRest ?? true;
	if (what === "secrets" && done === "prepare" && !encrypts) {
		throw refuse("conflict", "the declared cluster does not encrypt its Secrets", {
			path: "kubernetes.encryptionAtRest",
			next: "declare it with encryptionAtRest: true, and ask again",
		});
	}
	if (what !== "secrets" || done !== "finish") return;
	if (mustRewrite(fleet)) throw new Refusal(NOT_REWRITTEN);
	const { trust } = trustOf(fleet);
	const needed = snapshotNeeds(fleet, rotated(trust, what, trust));
	if (needed) throw new Refusal(needed);
}

function trustOf(fleet: Fleet): { readonly trust: Trust; readonly seq: number } {
	if (fleet.trust) return fleet.trust;
	throw refuse("not-ready", "the fleet has no keys of its own yet", { next: "try again in a few seconds" });
}

/** Where people reach the API: what the document names, or the first control plane. */
function apiServer(fleet: Fleet): { readonly cluster: string; readonly server: string } {
	const document = fleet.cluster?.document;
	if (!document) throw refuse("not-found", "no cluster is declared", { next: "rollcall apply -f FILE" });
	const { endpoint, port } = document.controlPlane;
	const host = endpoint ?? membersOf(fleet, "control-plane")[0]?.address;
	if (host === undefined)
		throw refuse("not-found", `cluster ${document.name} has no control plane yet`, { next: "rollcall machines" });
	return { cluster: document.name, server: `https://${urlHost(host)}:${port}` };
}

/** Others sign at once in place of authorities that are not valid: nobody holds anything valid of them, so that nobody is waited for. */
async function replaced(api: Api, { by, date }: { by: string; date: number }): Promise<RotateReply> {
	const { trust, seq } = trustOf(api.core.fleet());
	const fixed = keysAreFixed(api.core.fleet(), api.clock.now());
	if (fixed) throw new Refusal(fixed);
	const fresh = hasValidAuthorities(trust, date) ? trust : await api.pki.freshTrust();
	const reason = `${by} asked for it (authorities: replace)`;
	await askCore(api.core, { kind: "change-trust", trust: mendedTrust(trust, fresh, date), after: seq, reason }, "ok");
	return {
		what: "authorities",
		done: "sign",
		text: "the old authorities are not valid now, so others sign at once; ask again when all machines have followed, then the old ones are believed no more",
	};
}

const common = { query: NOTHING, params: NOTHING, path: "/v1/certificates" } as const;

/** Certificates of machines and people, and the change of the keys behind them. */
export const CERTIFICATE_ROUTES: readonly Route[] = [
	route({
		...common,
		method: "GET",
		scope: "viewer",
		leads: false,
		status: 200,
		summary: "All certificates in use, with their ends; no key",
		body: null,
		response: CertificateList,
		example: {
			certificates: [
				{
					kind: "authority",
					name: "cluster",
					signer: "cluster",
					subject: "cluster",
					fingerprint: FINGERPRINT,
					expiresAt: "2036-11-02T08:00:00.000Z",
					state: "signing",
				},
			],
			rotations: [{ what: "authorities", next: "prepare" }],
		},
		refusals: ["not-ready"],
		answer(api) {
			const fleet = api.core.fleet();
			const { trust } = trustOf(fleet);
			const listeners = listenersRotation(api);
			return {
				certificates: certificateList(fleet, api.clock.wall()),
				rotations: [
					...ROTATED.map((what) => ({
						what,
						next: what === "secrets" && mustRewrite(fleet) ? ("rewrite" as const) : nextStep(trust, what),
					})),
					...(listeners ? [listeners] : []),
				],
			};
		},
	}),
	route({
		...common,
		method: "POST",
		scope: "admin",
		leads: true,
		status: 201,
		summary: "A client certificate for a person's own key, with an end",
		body: OperatorCertificateRequest,
		response: OperatorCertificate,
		example: {
			cluster: "lab",
			server: "https://192.0.2.10:6443",
			authority: PEM,
			certificate: PEM,
			expiresAt: "2026-11-02T16:00:00.000Z",
		},
		refusals: ["not-found", "not-leader", "not-ready"],
		async answer(api, { body, caller }) {
			const fleet = api.core.fleet();
			const { trust } = trustOf(fleet);
			const reach = apiServer(fleet);
			const { cluster } = trust.authorities;
			const order = {
				name: "kubeconfig",
				subject: {
					signer: "cluster" as const,
					commonName: body.commonName,
					organizations: [body.group === "masters" ? MASTERS : ADMINISTRATORS],
					usages: ["client" as const],
					names: [],
					addresses: [],
				},
				authority: cluster.signing,
				request: body.request,
				lifeSeconds: body.expiresInSeconds,
			};
			const { pem, issued } = await api.pki.certify(trust, order).catch((error: unknown) => {
				if (error instanceof CertificateRefused)
					throw refuse("bad-request", error.message, {
						path: "request",
						next: "make the request with a key of P-256, P-384 or RSA with 2048 to 4096 bits",
					});
				throw error;
			});
			await askCore(api.core, { kind: "operator-certificate", certificate: issued, by: caller.name }, "ok");
			return {
				...reach,
				authority: cluster.certificates.map((one) => one.pem).join(""),
				certificate: pem,
				expiresAt: dateText(issued.notAfter),
			};
		},
	}),
	route({
		...common,
		method: "POST",
		path: "/v1/certificates/rotate",
		scope: "admin",
		leads: true,
		status: 200,
		summary: "The next step of a change of the fleet's own keys",
		body: RotateRequest,
		response: RotateReply,
		example: { what: "authorities", done: "prepare", text: DONE.prepare },
		refusals: ["conflict", "not-leader", "not-ready"],
		async answer(api, { body: { what, force }, caller }) {
			if (what === "listeners") return rotateListeners(api, { by: caller.name, force });
			const fleet = api.core.fleet();
			const { trust, seq } = trustOf(fleet);
			const date = api.clock.wall();
			if (what === "authorities" && authorityFault(trust, date) !== undefined)
				return replaced(api, { by: caller.name, date });
			const done = nextStep(trust, what);
			refuseEarly(fleet, { what, done, at: api.clock.now() });
			if (!force)
				refuseWhile(behind(fleet, api.summary, api.clock.now()), {
					text: "these machines have not followed the last change yet",
					loss: "those machines may have to boot again",
				});
			const fresh = done === "prepare" ? await api.pki.freshTrust() : trust;
			const reason = `${caller.name} asked for it (${what}: ${done})`;
			await askCore(api.core, { kind: "change-trust", trust: rotated(trust, what, fresh), after: seq, reason }, "ok");
			const text = what === "secrets" ? DONE_SECRETS[done] : DONE[done];
			return { what, done, text };
		},
	}),
];
