import { X509Certificate } from "node:crypto";
import { systemReason } from "@rollcall/protocol";
import { readGivenFile } from "../../disk/given-file.ts";
import { ConfigError } from "../../errors.ts";

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const MOST_CHARACTERS = 256;
/** Every maker of TPMs with all of its authorities, many times over. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Who certifies endorsement keys of TPMs. */
export interface Makers {
	/** Who certified the key with this modulus by this certificate (DER); undefined where none of them did. */
	certifier(certificate: Uint8Array, modulus: Uint8Array): string | undefined;
}

/** Reads the authorities in a file, PEM. Throws ConfigError. */
export async function readMakers(file: string): Promise<Makers> {
	const bytes = await readGivenFile(file, MOST_BYTES).catch((error: unknown) => {
		throw new ConfigError(`tpm.authorities ${file} cannot be read: ${systemReason(error)}`);
	});
	const text = bytes.toString("utf8");
	const pems = text.match(PEM) ?? [];
	if (pems.length === 0) throw new ConfigError(`tpm.authorities ${file} holds no certificate in PEM`);
	return makersOf(
		pems.map((pem, index) => {
			const authority = parsed(Buffer.from(pem));
			if (!authority?.ca) throw new ConfigError(`tpm.authorities ${file}: certificate ${index + 1} is of no authority`);
			return authority;
		}),
	);
}

/**
 * The dates of a certificate are not looked at: a TPM outlives them, and a machine must not be another one because a day is over. Nor are
 * revocation lists: an authority that is not to be believed any more is taken out of the file.
 */
function makersOf(authorities: readonly X509Certificate[]): Makers {
	return {
		certifier(bytes, modulus) {
			const certificate = parsed(bytes);
			if (!certificate || !isFor(certificate, modulus)) return undefined;
			const by = authorities.find((one) => certificate.checkIssued(one) && certificate.verify(one.publicKey));
			return by?.subject.replaceAll("\n", ", ").slice(0, MOST_CHARACTERS);
		},
	};
}

function parsed(bytes: Uint8Array): X509Certificate | undefined {
	try {
		return new X509Certificate(bytes);
	} catch {
		return undefined;
	}
}

/** A key of another kind than the template's, or one that OpenSSL does not read, is none. */
function isFor(certificate: X509Certificate, modulus: Uint8Array): boolean {
	try {
		const { kty, n, e } = certificate.publicKey.export({ format: "jwk" });
		return kty === "RSA" && e === "AQAB" && Buffer.from(n ?? "", "base64url").equals(modulus);
	} catch {
		return false;
	}
}
