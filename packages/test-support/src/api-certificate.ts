import type { CertificateSubject, Digest, Trust } from "@rollcall/protocol";
import { newRequest } from "./certificate-request.ts";

/** Who signs with the fleet's authorities. */
interface Signer {
	trust(): Promise<Trust>;
	certify(
		trust: Trust,
		order: {
			readonly name: string;
			readonly subject: CertificateSubject;
			readonly authority: Digest;
			readonly request: string;
			readonly lifeSeconds: number;
		},
	): Promise<{ readonly pem: string }>;
}

/** What an API server of the fleet's cluster shows at `localhost`, with its key, and whom it believes; all PEM. */
export async function apiCertificate(pki: Signer): Promise<{ cert: string; key: string; ca: string }> {
	const trust = await pki.trust();
	const { cluster } = trust.authorities;
	const { request, key } = newRequest();
	const { pem: cert } = await pki.certify(trust, {
		name: "apiserver",
		subject: {
			signer: "cluster",
			commonName: "kube-apiserver",
			organizations: [],
			usages: ["server"],
			names: ["localhost"],
			addresses: [],
		},
		authority: cluster.signing,
		request,
		lifeSeconds: 3600,
	});
	return { cert, key, ca: cluster.certificates.map((one) => one.pem).join("") };
}
