/** Cipher suites for TLS 1.2, of those that CIS accepts, without CBC and RSA key exchange. TLS 1.3 needs no list. */
export const CIPHER_SUITES: readonly string[] = [
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
	"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/** The lowest TLS version that is spoken, in Kubernetes' notation. */
export const MIN_TLS_VERSION = "VersionTLS12";
