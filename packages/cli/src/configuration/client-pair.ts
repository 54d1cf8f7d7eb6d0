import { createPrivateKey, X509Certificate } from "node:crypto";
import { usageFailure } from "../errors.ts";
import { readSecretFile } from "../files/read-text.ts";

/** An operator's certificate with those that lead to its authority, and its private key, both PEM. `origin` says where they were found, for errors. */
export interface ClientPair {
	readonly cert: string;
	readonly key: string;
	readonly origin: string;
}

/** Reads a certificate and its key, and checks that they belong together. Throws Failure that names the file. */
export async function readClientPair(
	files: { readonly certificate: string; readonly key: string },
	origin: string,
): Promise<ClientPair> {
	const [cert, key] = await Promise.all([
		readSecretFile(files.certificate, `client certificate (${origin})`),
		readSecretFile(files.key, `client key (${origin})`),
	]);
	const leaf = parsed(() => new X509Certificate(cert));
	if (!leaf) throw usageFailure(`client certificate ${files.certificate} (${origin}): it holds no certificate in PEM`);
	const own = parsed(() => createPrivateKey(key));
	if (!own)
		throw usageFailure(`client key ${files.key} (${origin}): it holds no private key in PEM without a passphrase`);
	if (!leaf.checkPrivateKey(own))
		throw usageFailure(`client key ${files.key} (${origin}): it is not that of the certificate ${files.certificate}`);
	return { cert, key, origin: `${files.certificate} (from ${origin})` };
}

function parsed<T>(parse: () => T): T | undefined {
	try {
		return parse();
	} catch {
		return undefined;
	}
}
