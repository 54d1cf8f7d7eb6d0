/** What must not leave a fleet: kinds of secrets, each with how it looks. */
const SECRETS: readonly RegExp[] = [
	/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
	// A private key in base64, as kubeconfigs hold it.
	/LS0tLS1CRUdJTi[A-Za-z0-9+/=]{40,}/g,
	// Tokens of ours, JWTs (RFC 7519), nkeys' seeds, bearer tokens, crypt(3) hashes.
	/\brc[a-z]_[A-Za-z0-9_-]{16,}/g,
	/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?/g,
	/\bS[ACNOUX][A-Z2-7]{56}\b/g,
	/\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
	/\$(?:1|2[aby]?|5|6|y)\$[^\s"':]{8,}/g,
	// The value of a field that is named like a secret, in JSON, YAML or name=value.
	/(?<=["']?\b[\w-]*(?:password|passphrase|secret|token|credential|seed|private[_-]?key)\\*["']?\s*[:=]\s*\\*["']?)[^\s"'\\,}\]]{6,}/gi,
];

/** A text that is safe to send: what looks like a secret is left out, and says so. */
export function redacted(text: string): string {
	return SECRETS.reduce((left, secret) => left.replaceAll(secret, "(secret left out)"), text);
}
