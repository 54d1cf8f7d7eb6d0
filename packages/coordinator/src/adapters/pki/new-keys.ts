import { createHash } from "node:crypto";
import type { Authority, AuthorityName, Digest, Trust } from "@rollcall/protocol";
import { AUTHORITY_BACKDATED_MS, AUTHORITY_LIFE_MS } from "../../domain/certificates/authority-life.ts";
import { signAuthority } from "./certificate.ts";
import { type KeyFolder, makeKeyPair, makeSymmetricKey } from "./key-folder.ts";

/** kubeadm's names (kubeadm reference, "Implementation details"). */
const COMMON_NAMES: Readonly<Record<AuthorityName, string>> = {
	cluster: "kubernetes",
	"front-proxy": "front-proxy-ca",
	etcd: "etcd-ca",
};

/** New keys for everything, written to the folder, and what is to be believed of them. */
export async function newTrust(keys: KeyFolder, now: number): Promise<Trust> {
	const [cluster, frontProxy, etcd] = await Promise.all([
		newAuthority(keys, "cluster", now),
		newAuthority(keys, "front-proxy", now),
		newAuthority(keys, "etcd", now),
	]);
	const encryption = makeSymmetricKey();
	await keys.write(encryption.fingerprint, encryption.key);
	return {
		authorities: { cluster: alone(cluster), "front-proxy": alone(frontProxy), etcd: alone(etcd) },
		serviceAccounts: alone(await newServiceAccountKey(keys)),
		encryption: encryption.fingerprint,
	};
}

function alone(certificate: Authority["certificates"][number]): Authority;
function alone(key: Trust["serviceAccounts"]["keys"][number]): Trust["serviceAccounts"];
function alone(one: { fingerprint: Digest }): object {
	return "notAfter" in one
		? { signing: one.fingerprint, certificates: [one] }
		: { signing: one.fingerprint, keys: [one] };
}

/** A new authority: its key is in the folder, its certificate is given back. */
async function newAuthority(
	keys: KeyFolder,
	name: AuthorityName,
	now: number,
): Promise<Authority["certificates"][number]> {
	const { key, publicKey } = makeKeyPair();
	const validity = { notBefore: Math.max(0, now - AUTHORITY_BACKDATED_MS), notAfter: now + AUTHORITY_LIFE_MS };
	const certificate = await signAuthority({ commonName: COMMON_NAMES[name], publicKey, validity }, key);
	const digest = createHash("sha256").update(new Uint8Array(certificate.rawData)).digest("hex");
	const fingerprint = `sha256:${digest}` as Digest;
	await keys.write(fingerprint, key);
	return {
		fingerprint,
		pem: `${certificate.toString("pem").trimEnd()}\n`,
		notBefore: certificate.notBefore.getTime(),
		notAfter: certificate.notAfter.getTime(),
		kept: true,
	};
}

/** A new key for service account tokens. */
async function newServiceAccountKey(keys: KeyFolder): Promise<Trust["serviceAccounts"]["keys"][number]> {
	const { key, publicKey, fingerprint } = makeKeyPair();
	await keys.write(fingerprint, key);
	return { fingerprint, pem: publicKey };
}
