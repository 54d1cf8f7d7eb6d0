import {
	type BootId,
	type CertificateRequest,
	type CertifyOrder,
	type CertifyReply,
	type SharedSecret,
	sealText,
	type Target,
} from "@rollcall/protocol";
import { type Credentials, type KeptCertificate, requestDigest } from "../domain/credentials.ts";
import { LinkError, OrderRefused } from "../errors.ts";
import type { Clock, Keyring, SealKey } from "../ports.ts";

/** Renewed after this part of a certificate's life, and up to a twentieth earlier, so that not all machines come at once. */
const RENEW_AFTER = 1 / 3;
const SPREAD = 0.05;
/** Refusals that asking again does not change. */
const FINAL = new Set(["bad-request", "forbidden", "too-large"]);

/** What an order needs. `certify` signs and sends it; it throws LinkError while there is no connection. */
export interface OrderParts {
	readonly bootId: BootId;
	readonly keyring: Keyring;
	readonly clock: Clock;
	readonly random: () => number;
	readonly certify: (order: CertifyOrder) => Promise<CertifyReply>;
	readonly fenced: (reason: string) => void;
}

/** The certificates and secrets of a target that are ordered. */
export interface Wanted {
	readonly certificates: readonly CertificateRequest[];
	readonly secrets: readonly SharedSecret[];
}

/**
 * Orders what a target names, once. A certificate of a name that is kept gets the same key again: keys are made once per boot.
 * Throws LinkError for what may pass, OrderRefused for what does not.
 */
export async function placeOrder(
	parts: OrderParts,
	{ target, wanted, kept }: { target: Target; wanted: Wanted; kept: Credentials },
): Promise<Credentials> {
	const { bootId, keyring } = parts;
	const { machineId, generation, digest } = target;
	const keyOf = (name: string) => kept.certificates.findLast((one) => one.name === name)?.key ?? keyring.makeKey();
	const keys = wanted.certificates.map((request) => ({ request, key: keyOf(request.name) }));
	const seal = await keyring.newSealKey();
	const reply = await parts.certify({
		bootId,
		generation,
		digest,
		certificates: keys.map(({ request, key }) => ({ name: request.name, request: keyring.request(key) })),
		secrets: wanted.secrets.map(({ name }) => name),
		sealTo: seal.publicKey,
	});
	if (reply.kind === "fenced") {
		parts.fenced(reply.reason);
		throw new OrderRefused(reply.reason);
	}
	if (reply.kind === "problem") {
		const { code, message } = reply.problem;
		throw FINAL.has(code) ? new OrderRefused(message) : new LinkError(message);
	}
	const now = parts.clock.sinceBoot();
	const certificates = keys.map(({ request, key }): KeptCertificate => {
		const given = reply.certificates.find(({ name }) => name === request.name);
		if (!given) throw new OrderRefused(`the answer lacks the certificate ${request.name}`);
		const lifeMs = given.expiresInSeconds * 1000;
		const renewAt = now + lifeMs * (RENEW_AFTER - SPREAD * parts.random());
		return { name: request.name, request: requestDigest(request), key, certificate: given.certificate, renewAt };
	});
	const secrets = wanted.secrets.map(async ({ name, revision }) => {
		const given = reply.secrets.find((one) => one.name === name && one.revision === revision);
		if (!given) throw new OrderRefused(`the answer lacks the secret ${name}`);
		return { name, revision, content: await open(given, seal, sealText({ machineId, bootId, name, revision })) };
	});
	return { certificates, secrets: await Promise.all(secrets) };
}

async function open(
	{ name, sealed }: Extract<CertifyReply, { kind: "certified" }>["secrets"][number],
	seal: SealKey,
	info: string,
): Promise<string> {
	try {
		return await seal.open(sealed, info);
	} catch {
		throw new OrderRefused(`the secret ${name} was not sealed to this machine`);
	}
}
