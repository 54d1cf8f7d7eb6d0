import { sha256Of, type Trust } from "@rollcall/protocol";
import { AUTHORITY_LIFE_MS } from "../../src/domain/rotation.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";

/** Keys that begin at a time. */
export function trustFrom(began: number): Trust {
	const authority = (name: string) => {
		const fingerprint = sha256Of(`${name} ${began}`);
		return { signing: fingerprint, certificates: [{ fingerprint, pem: name, notAfter: began + AUTHORITY_LIFE_MS }] };
	};
	return {
		...STAND_IN_TRUST,
		authorities: { cluster: authority("cluster"), "front-proxy": authority("proxy"), etcd: authority("etcd") },
		encryption: sha256Of(`encryption ${began}`),
	};
}
