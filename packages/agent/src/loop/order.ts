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
import { type Clock, type Keyring, LinkError } from "../ports.ts";

/** Renewed after this part of a certificate's life, and up to a twentieth earlier, so that not all machines come at once. */
const RENEW_AFTER = 2 / 3;
const SPREAD = 0.05;
/** Refusals that asking again does not change. */
const FINAL = new Set(["bad-request", "forbidden", "too-large"]);

/** A refusal that no repetition changes. */
class Refused extends Error {
	override readonly name = "Refused";
}

/** What an order needs. `certify` signs and sends it; it throws LinkError while there is no connection. */
export interface OrderParts {
	readonly bootId: BootId;
	readonly keyring: Keyring;
	readonly clock: Clock;
	readonly random: () => number;
	readonly certify: (order: CertifyOrder) => Promise<CertifyReply>;
	readonly fenced: (reason: string) => void;
}

/** What is ordered: certificates and secrets that a target names. */
export interface Wanted {
	readonly certificates: readonly CertificateRequest[];
	readonly secrets: readonly SharedSecret[];
}

/**
 * Orders what a target names, once. A certificate of a name that is kept gets the same key again: keys are made once per boot.
 * Throws LinkError for what may pass, Refused for what does not.
 */
export async function placeOrder(
	parts: OrderParts,
	{ target, wanted, kept }: { target: Target; wanted: Wanted; kept: Credentials },
): Promise<Credentials> {
	const { bootId, keyring } = parts;
	const { machineId, generation, digest } = target;
	const keyOf = (name: string) => kept.certificates.findLast((one) => one.name === name)?.key ?? keyring.makeKey();
	const keys = wanted.certificates.map((request) => ({ request, key: keyOf(request.name) }));
	const seal = keyring.newSealKey();
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
		throw new Refused(reply.reason);
	}
	if (reply.kind === "problem") {
		const { code, message } = reply.problem;
		throw FINAL.has(code) ? new Refused(message) : new LinkError(message);
	}
	const now = parts.clock.monotonic();
	const certificates = keys.map(({ request, key }): KeptCertificate => {
		const given = reply.certificates.find(({ name }) => name === request.name);
		if (!given) throw new Refused(`the answer lacks the certificate ${request.name}`);
		const lifeMs = given.expiresInSeconds * 1000;
		const renewAt = now + lifeMs * (RENEW_AFTER - SPREAD * parts.random());
		return { name: request.name, request: requestDigest(request), key, certificate: given.certificate, renewAt };
	});
	const secrets = wanted.secrets.map(({ name, revision }) => {
		const given = reply.secrets.find((one) => one.name === name && one.revision === revision);
		if (!given) throw new Refused(`the answer lacks the secret ${name}`);
		return { name, revision, content: open(given, seal, sealText({ machineId, bootId, name, revision })) };
	});
	return { certificates, secrets };
}

function open(
	{ name, sealed }: Extract<CertifyReply, { kind: "certified" }>["secrets"][number],
	seal: ReturnType<Keyring["newSealKey"]>,
	info: string,
): string {
	try {
		return seal.open(sealed, info);
	} catch {
		throw new Refused(`the secret ${name} was not sealed to this machine`);
	}
}
