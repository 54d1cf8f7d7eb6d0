import { type Authority, sha256Of, type Trust } from "@rollcall/protocol";

function authority(name: string): Authority {
	const fingerprint = sha256Of(`stand-in authority ${name}`);
	const pem = `# the certificate of the authority ${name}, which a coordinator makes\n`;
	return { signing: fingerprint, certificates: [{ fingerprint, pem, notAfter: 0, kept: true }] };
}

const SERVICE_ACCOUNTS = sha256Of("stand-in service account key");

/** Stands for the keys of a fleet where there is none: trees that are rendered on paper, and tests. Nobody can verify with it. */
export const STAND_IN_TRUST: Trust = {
	authorities: { cluster: authority("cluster"), "front-proxy": authority("front-proxy"), etcd: authority("etcd") },
	serviceAccounts: {
		signing: SERVICE_ACCOUNTS,
		keys: [{ fingerprint: SERVICE_ACCOUNTS, pem: "# the key of service account tokens, which a coordinator makes\n" }],
	},
	encryption: sha256Of("stand-in encryption key"),
};
