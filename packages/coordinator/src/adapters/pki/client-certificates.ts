import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import { X509Certificate as X509 } from "@peculiar/x509";
import type { ClientAuthoritiesConfig } from "../../config.ts";
import { rightsOf } from "../../domain/sign-in.ts";
import { SignInRefused } from "../../errors.ts";
import type { CertificateHolders } from "../../ports/certificate-holders.ts";
import { type ClientAuthorities, oneLine, plainSerial, readClientAuthorities } from "./client-authorities.ts";

/** How often it is looked whether the files have changed. */
const LOOK_EVERY_MS = 2_000;
/** RFC 5280, 4.2.1.12. */
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ASK_FOR_ONE = "have another certificate issued, or use a token";

/** Operators with certificates by these authorities. The files are read again when they change; what is wrong then is told, and those of before stay. Throws ConfigError. */
export async function openClientCertificates(
	config: ClientAuthoritiesConfig,
	{ now, tell }: { readonly now: () => number; readonly tell: (text: string, isTrouble: boolean) => void },
): Promise<CertificateHolders & { look(): Promise<void>; close(): void }> {
	let current = await readClientAuthorities(config);
	const listeners: (() => void)[] = [];
	let told = "";
	const look = async (): Promise<void> => {
		try {
			const before = current.pem;
			current = await readClientAuthorities(config);
			told = "";
			if (current.pem === before) return;
			tell("other authorities issue the certificates of operators from now on", false);
			for (const listener of listeners) listener();
		} catch (error) {
			const text = `the authorities of operators' certificates of before are kept: ${(error as Error).message}`;
			if (text !== told) tell(text, true);
			told = text;
		}
	};
	const timer = setInterval(() => void look(), LOOK_EVERY_MS);
	timer.unref();
	return {
		authorities: () => current.pem,
		onReplaced: (listener) => void listeners.push(listener),
		holderOf({ der, fault }) {
			const leaf = new X509Certificate(der);
			checkCertificate(leaf, current, now());
			if (fault !== undefined) throw refused(leaf, `it was not verified: ${fault}`);
			return personOf(leaf, config);
		},
		look,
		close: () => clearInterval(timer),
	};
}

/**
 * Refuses a certificate that is over, not good yet, revoked, by another authority, or not for clients. It is looked at for each request, since
 * a connection may be older than what is known now. Throws SignInRefused.
 */
function checkCertificate(leaf: X509Certificate, { certificates, revocations }: ClientAuthorities, at: number): void {
	const place = certificates.findIndex((one) => leaf.checkIssued(one) && leaf.verify(one.publicKey));
	const authority = certificates[place];
	if (!authority)
		throw refused(leaf, `it is by ${oneLine(leaf.issuer)}, which is no authority of tls.clientAuthorities`);
	for (const [one, name] of [
		[leaf, "it"],
		[authority, "the authority's"],
	] as const) {
		const [begin, end] = [one.validFromDate, one.validToDate];
		if (end.getTime() <= at)
			throw refused(leaf, `${name} has expired: it was good until ${end.toISOString()}`, "token-expired");
		if (begin.getTime() > at) throw refused(leaf, `${name} is good from ${begin.toISOString()} on, and not yet`);
	}
	if (leaf.keyUsage !== undefined && !leaf.keyUsage.includes(CLIENT_AUTH))
		throw refused(leaf, "it is not for clients (extended key usage)");
	const list = revocations[place];
	if (list?.serials.has(plainSerial(leaf.serialNumber))) throw refused(leaf, "it was revoked", "token-revoked");
	if (list?.until !== undefined && list.until <= at)
		throw refused(
			leaf,
			`the revocation list of its authority ended on ${new Date(list.until).toISOString()}`,
			"not-ready",
		);
}

function personOf(leaf: X509Certificate, { rights }: ClientAuthoritiesConfig) {
	const subject = new X509(leaf.raw).subjectName;
	const fields = { CN: subject.getField("CN"), O: subject.getField("O"), OU: subject.getField("OU") };
	const [name = "", another] = fields.CN;
	if (another !== undefined || !/^(?! )[\x20-\x7e]{1,120}(?<! )$/.test(name))
		throw refused(leaf, "its subject has not one common name (CN) of 1 to 120 printable ASCII characters");
	const found = rightsOf(
		fields,
		rights.map(({ field, ...right }) => ({ claim: field, ...right })),
	);
	if (found) return { name: `cert:${name}`, until: leaf.validToDate.getTime(), ...found };
	throw new SignInRefused(
		"forbidden",
		`cert:${name} has no right here: nothing in tls.clientAuthorities.rights fits the subject of the certificate`,
		"ask an administrator for a certificate whose subject the coordinator's configuration names",
	);
}

function refused(leaf: X509Certificate, why: string, code: SignInRefused["code"] = "unauthorized"): SignInRefused {
	const next =
		code === "not-ready" ? "put a newer list into tls.clientAuthorities.revocations, or use a token" : ASK_FOR_ONE;
	return new SignInRefused(code, `the certificate of ${oneLine(leaf.subject)} is refused: ${why}`, next);
}
