import type { PublicKey, X509Certificate } from "@peculiar/x509";
import type { AuthorityName, Digest, IssuedCertificate } from "@rollcall/protocol";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { BadRequest, CertificateRefused } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CertificateOrder, Pki } from "../../ports/pki.ts";
import { SECRET_NAMES, SNAPSHOT_KEY } from "../../render/certificates.ts";
import { openSigner, publicKeyOfRequest, type Signer, signCertificate } from "./certificate.ts";
import { authorityKey, wantedKeys } from "./fitting-key.ts";
import { openKeyFolder } from "./key-folder.ts";
import { newTrust } from "./new-keys.ts";
import { seal } from "./seal.ts";
import { secretText } from "./secret-text.ts";

/** A certificate begins so much earlier, since clocks of machines differ. Milliseconds. */
const BACKDATED_MS = 600_000;

/**
 * The authorities whose private keys lie in `folder` (0700, files 0600). Keys are made when `trust` is asked for and there are none.
 * `snapshotKey`: what opens a snapshot of etcd, by its name.
 */
export function createPki(
	folder: string,
	clock: Pick<Clock, "wall">,
	snapshotKey: (revision: Digest) => Promise<string> = () =>
		Promise.reject(new CertificateRefused("no snapshots are kept")),
	files: SecretFiles = IN_CLEAR,
): Pki {
	const keys = openKeyFolder(folder, files);
	/** At most as many as authorities are believed, for as long as this coordinator lives. */
	const signers = new Map<Digest, Signer>();
	const signerOf = async (authority: Digest, certificate: string): Promise<Signer> => {
		const known =
			signers.get(authority) ?? (await openSigner(certificate, await keys.read(authorityKey(authority, certificate))));
		signers.set(authority, known);
		return known;
	};
	return {
		async trust() {
			const known = await keys.trust();
			if (known) return known;
			const made = await newTrust(keys, clock.wall());
			await keys.keepTrust(made);
			return made;
		},
		freshTrust: () => newTrust(keys, clock.wall()),
		async missing(trust) {
			const wanted = wantedKeys(trust).map(async (key) => ((await keys.has(key)) ? [] : [key.fingerprint]));
			return (await Promise.all(wanted)).flat();
		},
		keep: (trust) => keys.keepTrust(trust),
		async certify(trust, order) {
			const { subject, authority } = order;
			const certificate = trust.authorities[subject.signer].certificates.find(
				({ fingerprint }) => fingerprint === authority,
			);
			if (!certificate) throw new CertificateRefused(`nobody believes the authority ${authority} any more`);
			const publicKey = await readRequest(order);
			const now = clock.wall();
			const validity = {
				notBefore: Math.max(0, now - BACKDATED_MS),
				notAfter: Math.min(now + order.lifeSeconds * 1000, certificate.notAfter),
			};
			const signer = await signerOf(authority, certificate.pem);
			const { notBefore, notAfter } = signer.certificate;
			// What it signed would be valid for nobody, and asked for again and again.
			if (now < notBefore.getTime() || now >= notAfter.getTime())
				throw new CertificateRefused(
					`the authority ${subject.signer} is valid from ${day(notBefore)} to ${day(notAfter)}, and it is ${day(new Date(now))} by the coordinator's clock: correct that clock, or rollcall certs rotate`,
				);
			const signed = await signCertificate({ subject, publicKey, validity }, signer);
			return {
				pem: `${signed.toString("pem").trimEnd()}\n`,
				issued: recordOf(signed, { name: order.name, signer: subject.signer, authority }),
				expiresInSeconds: Math.max(1, Math.floor((signed.notAfter.getTime() - now) / 1000)),
			};
		},
		async seal({ trust, name, revision }, to, info) {
			const known = SECRET_NAMES.find((one) => one === name);
			if (!known) throw new CertificateRefused(`nobody shares a secret ${name}`);
			const key = sealKey(to);
			const text = known === SNAPSHOT_KEY ? await snapshotKey(revision) : await secretText(keys, trust, known);
			return seal(text, key, info);
		},
		sealText: async (text, to, info) => seal(text, sealKey(to), info),
	};
}

function sealKey(to: string): Uint8Array {
	const key = Buffer.from(to, "base64");
	if (key.length !== 32) throw new CertificateRefused("the key to seal to is not an X25519 key of 32 bytes");
	return key;
}

function day(date: Date): string {
	return date.toISOString().slice(0, 10);
}

async function readRequest({ name, request, keys }: CertificateOrder): Promise<PublicKey> {
	try {
		return await publicKeyOfRequest(Buffer.from(request, "base64"), keys);
	} catch (error) {
		if (error instanceof BadRequest) throw new CertificateRefused(`${name}: ${error.message}`);
		throw error;
	}
}

/** What is recorded of a certificate: no key, not even the public one. */
function recordOf(
	certificate: X509Certificate,
	of: { readonly name: string; readonly signer: AuthorityName; readonly authority: Digest },
): IssuedCertificate {
	return {
		...of,
		serial: certificate.serialNumber.toLowerCase(),
		subject: certificate.subject,
		notBefore: certificate.notBefore.getTime(),
		notAfter: certificate.notAfter.getTime(),
	};
}
