/** Why a peer's certificate is not believed, by the code that OpenSSL or Node gives. */
const REASONS: Readonly<Record<string, string>> = {
	DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not by the authority that is believed here",
	SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not by the authority that is believed here",
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not by the authority that is believed here",
	UNABLE_TO_GET_ISSUER_CERT: "its certificate is not by the authority that is believed here",
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is not by the authority that is believed here",
	CERT_SIGNATURE_FAILURE: "its certificate is not by the authority that is believed here",
	CERT_HAS_EXPIRED: "its certificate has expired, by this computer's clock",
	CERT_NOT_YET_VALID: "its certificate is not valid yet, by this computer's clock",
	ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is not for the name or address that was asked",
	ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS",
	ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS",
};

/** Why a TLS connection was given up, in plain words; undefined for errors of another kind. */
export function distrustReason(error: unknown): string | undefined {
	const { code = "", cause } = error as { readonly code?: string; readonly cause?: unknown };
	return REASONS[code] ?? (cause instanceof Error ? distrustReason(cause) : undefined);
}
