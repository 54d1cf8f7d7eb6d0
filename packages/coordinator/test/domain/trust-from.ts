import { sha256Of, type Trust } from "@rollcall/protocol";
import { AUTHORITY_LIFE_MS } from "../../src/domain/certificates/authority-life.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";

/** Keys that begin at a time. */
export function trustFrom(began: number): Trust {
	const authority = (name: string) => {
		const fingerprint = sha256Of(`${name} ${began}`);
		return {
			signing: fingerprint,
			certificates: [{ fingerprint, pem: name, notAfter: began + AUTHORITY_LIFE_MS, kept: true as const }],
		};
	};
	const tokens = sha256Of(`tokens ${began}`);
	return {
		...STAND_IN_TRUST,
		authorities: { cluster: authority("cluster"), "front-proxy": authority("proxy"), etcd: authority("etcd") },
		serviceAccounts: { signing: tokens, keys: [{ fingerprint: tokens, pem: "tokens" }] },
		encryption: sha256Of(`encryption ${began}`),
	};
}
