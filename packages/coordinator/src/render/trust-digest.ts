import { type AuthorityName, canonicalJson, type Digest, sha256Of, type Trust } from "@rollcall/protocol";

/**
 * An annotation that changes with what a static pod believes, so that kubelet starts the pod anew: most programs read
 * certificates of authorities and keys of tokens once. Their own certificates they read again by themselves.
 */
export function trustAnnotation(
	trust: Trust,
	authorities: readonly AuthorityName[],
	keys: readonly ("serviceAccounts" | "encryption")[] = [],
): { readonly "rollcall/trust": Digest } {
	const digests = known.get(trust) ?? new Map<string, Digest>();
	known.set(trust, digests);
	const what = [...authorities, ...keys].join(" ");
	const digest = digests.get(what) ?? digestOf(trust, authorities, keys);
	digests.set(what, digest);
	return { "rollcall/trust": digest };
}

/** What was found before, by the names of what is believed. */
const known = new WeakMap<Trust, Map<string, Digest>>();

function digestOf(
	trust: Trust,
	authorities: readonly AuthorityName[],
	keys: readonly ("serviceAccounts" | "encryption")[],
): Digest {
	const believed = authorities.map((name) =>
		trust.authorities[name].certificates.map(({ fingerprint }) => fingerprint),
	);
	return sha256Of(canonicalJson([believed, keys.map((name) => keysNamed(trust, name))]));
}

/** What a kube-apiserver with these keys carries. */
export function apiServerTrust(trust: Trust): { readonly "rollcall/trust": Digest } {
	return trustAnnotation(trust, ["cluster", "front-proxy", "etcd"], ["serviceAccounts", "encryption"]);
}

/** The first key of Secrets writes, and all of them are read with. */
function keysNamed(trust: Trust, name: "serviceAccounts" | "encryption"): unknown {
	if (name === "serviceAccounts" || !trust.encryptionKeys) return trust[name];
	return [trust.encryption, trust.encryptionKeys];
}
