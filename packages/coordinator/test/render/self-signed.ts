import "reflect-metadata";
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";

/** A certificate that nobody should trust and its key, PEM, for stand-ins on 127.0.0.1 that speak TLS. */
export async function selfSigned(): Promise<{ cert: string; key: string }> {
	const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
	const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
	const certificate = await X509CertificateGenerator.createSelfSigned({
		name: "CN=stand-in",
		notBefore: new Date(Date.now() - 60_000),
		notAfter: new Date(Date.now() + 3_600_000),
		signingAlgorithm: algorithm,
		keys,
		extensions: [new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
	});
	const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
	const key = `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join("\n")}\n-----END PRIVATE KEY-----\n`;
	return { cert: certificate.toString("pem"), key };
}
