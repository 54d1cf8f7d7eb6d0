import {
	type CertificateRequest,
	type Certify,
	type CertifyOrder,
	type CertifyReply,
	type ClusterDocument,
	certifyText,
	type MachineId,
	messageOf,
	type Problem,
	type SharedSecret,
	sealText,
	type Trust,
	type UserPublicKey,
} from "@rollcall/protocol";
import { certify } from "../domain/admit/certificates.ts";
import { clockAdvice, clockText, wouldHold } from "../domain/clocks/machine-clock.ts";
import type { Fleet, Machine } from "../domain/fleet.ts";
import type { Answer } from "../domain/inputs.ts";
import type { RenderTarget } from "../domain/observed.ts";
import { AccountMissing, CertificateRefused } from "../errors.ts";
import type { Core } from "../ports/core.ts";
import type { Pki, SignedCertificate } from "../ports/pki.ts";
import type { RegistryAccounts } from "../ports/registry-accounts.ts";
import { hostsText, mirrorOf } from "../render/mirrors.ts";

/** What answering an order needs. `verify`: a signature (base64) over a text by an incarnation's nkey. */
export interface CertifyParts {
	readonly core: Pick<Core, "fleet" | "submit">;
	readonly render: RenderTarget;
	readonly pki: Pki;
	readonly accounts: RegistryAccounts;
	readonly verify: (publicKey: UserPublicKey, text: string, signature: string) => boolean;
	/** Life of a certificate. */
	readonly lifeSeconds: number;
}

/**
 * Answers an order for certificates. Who asks is the machine of the subject, and it must sign with the key that its live boot
 * enrolled with; what it gets is what its newest target names, each field as rendered here; of its request only the public
 * key is taken. What was issued is recorded before it goes out.
 */
export async function answerCertify(
	{ machineId, message }: { machineId: MachineId; message: Certify },
	parts: CertifyParts,
): Promise<CertifyReply> {
	const { order, signature } = message;
	const { bootId, generation, digest } = order;
	const fleet = parts.core.fleet();
	const { answer } = certify(fleet, { machineId, bootId, generation, digest, certificates: [] });
	if (answer.kind !== "ok") return refusal(machineId, answer);
	const machine = fleet.machines.get(machineId);
	const trust = fleet.trust?.trust;
	if (!machine?.seat || !trust)
		return problem(machineId, { code: "not-ready", message: "the machine's place is being decided" });
	if (!parts.verify(machine.publicKey, certifyText(order), signature)) {
		const text = `the order of machine ${machineId} is not signed with the key of its boot ${bootId}`;
		return problem(machineId, { code: "forbidden", message: text, next: "enroll again", path: "signature" });
	}
	const clock = clockText(machine);
	if (clock !== undefined && order.certificates.length > 0 && !wouldHold(machine, parts.lifeSeconds * 1000)) {
		const text = `machine ${machineId} gets no certificates before its clock is right, since they would not be valid for it: ${clock}`;
		return problem(machineId, {
			code: "not-ready",
			message: text,
			next: clockAdvice(fleet.cluster?.document, machine),
		});
	}
	const wanted = namedByTarget(parts.render, { fleet, machine, message });
	if ("code" in wanted) return problem(machineId, wanted);
	let made: Made;
	try {
		made = await makeAll({ trust, machineId, order, wanted, document: fleet.cluster?.document }, parts);
	} catch (error) {
		// The operator may put it there at any time, and then an order finds it.
		if (error instanceof AccountMissing)
			return problem(machineId, { code: "not-ready", message: error.message, next: error.next, path: "order.secrets" });
		if (!(error instanceof CertificateRefused)) throw error;
		return problem(machineId, { code: "bad-request", message: error.message, path: "order" });
	}
	const certificates = made.certificates.map(({ certificate }) => certificate.issued);
	const recorded = await parts.core.submit({ kind: "certify", machineId, bootId, generation, digest, certificates });
	if (recorded.kind !== "ok") return refusal(machineId, recorded);
	return {
		kind: "certified",
		certificates: made.certificates.map(({ name, certificate: { pem, expiresInSeconds } }) => ({
			name,
			certificate: pem,
			expiresInSeconds,
		})),
		secrets: made.secrets,
	};
}

/** Lets so many orders wait and refuses the others at once, so that a storm ends by asking again instead of by work for nobody. */
export function atMostWaiting(
	most: number,
	answer: (machineId: MachineId, message: Certify) => Promise<CertifyReply>,
): (machineId: MachineId, message: Certify) => Promise<CertifyReply> {
	let waiting = 0;
	return async (machineId, message) => {
		if (waiting >= most) {
			const text = `${most} orders for certificates are being worked on`;
			return problem(machineId, { code: "too-many-requests", message: text, next: "ask again in a moment" });
		}
		waiting++;
		try {
			return await answer(machineId, message);
		} finally {
			waiting--;
		}
	};
}

interface Wanted {
	readonly certificates: readonly { readonly request: CertificateRequest; readonly der: string }[];
	readonly secrets: readonly SharedSecret[];
}

/** What the order asks for, as the machine's target names it; a problem when the target does not. */
function namedByTarget(
	render: RenderTarget,
	of: { fleet: Fleet; machine: Machine; message: Certify },
): Wanted | Problem {
	const { fleet, machine, message } = of;
	const rendered = machine.seat && render(fleet, machine, machine.seat);
	if (!rendered?.ok) return { code: "not-ready", message: rendered?.reason ?? "the machine has no place" };
	const { certificates = [], secrets = [] } = rendered.content;
	const notNamed = (name: string, path: string): Problem => ({
		code: "forbidden",
		message: `the target of machine ${machine.machineId} names no ${path} ${name}`.slice(0, 2048),
		next: "say hello, and ask for what the newest target names",
		path: `order.${path}`,
	});
	const asked: { request: CertificateRequest; der: string }[] = [];
	for (const { name, request: der } of message.order.certificates) {
		const request = certificates.find((one) => one.name === name);
		if (!request || asked.some((one) => one.request === request)) return notNamed(name, "certificates");
		asked.push({ request, der });
	}
	const wanted: SharedSecret[] = [];
	for (const name of message.order.secrets) {
		const secret = secrets.find((one) => one.name === name);
		if (!secret) return notNamed(name, "secrets");
		wanted.push(secret);
	}
	return { certificates: asked, secrets: wanted };
}

interface Made {
	readonly certificates: readonly { readonly name: string; readonly certificate: SignedCertificate }[];
	readonly secrets: Extract<CertifyReply, { kind: "certified" }>["secrets"];
}

async function makeAll(
	of: {
		trust: Trust;
		machineId: MachineId;
		order: CertifyOrder;
		wanted: Wanted;
		document: ClusterDocument | undefined;
	},
	{ pki, accounts, lifeSeconds }: CertifyParts,
): Promise<Made> {
	const { trust, machineId, order, wanted, document } = of;
	const certificates = wanted.certificates.map(async ({ request, der }) => ({
		name: request.name,
		certificate: await pki.certify(trust, { ...request, request: der, lifeSeconds }),
	}));
	const secrets = wanted.secrets.map(async (secret) => {
		const { name, revision } = secret;
		const info = sealText({ machineId, bootId: order.bootId, name, revision });
		const mirror = document && mirrorOf(document.images, secret);
		const sealed = mirror
			? await pki.sealText(hostsText(mirror, await authorizationOf(mirror, accounts)), order.sealTo, info)
			: await pki.seal({ trust, name, revision }, order.sealTo, info);
		return { name, revision, sealed };
	});
	return { certificates: await Promise.all(certificates), secrets: await Promise.all(secrets) };
}

async function authorizationOf(
	{ account, registry }: { account: string; registry: string },
	accounts: RegistryAccounts,
): Promise<string> {
	const place = accounts.place(account);
	try {
		const found = await accounts.authorization(account);
		if (found !== undefined) return found;
	} catch (error) {
		throw new AccountMissing(messageOf(error), `correct ${place}`);
	}
	throw new AccountMissing(
		`the mirror of ${registry} needs the account ${account}, and the coordinator has none of this name`,
		`write USER:PASSWORD to ${place} with the mode 0600`,
	);
}

function refusal(machineId: MachineId, answer: Answer): CertifyReply {
	if (answer.kind === "fenced") return { kind: "fenced", reason: answer.reason };
	if (answer.kind === "problem") return problem(machineId, answer.problem);
	return problem(machineId, { code: "internal", message: "the order was not recorded" });
}

function problem(machineId: MachineId, what: Problem): CertifyReply {
	return { kind: "problem", problem: { ...what, machineId } };
}
