import { z } from "zod";
import { Digest, Name } from "../ids.ts";
import { AbsolutePath, Mode } from "../paths.ts";

/** The fleet's own certificate authorities: the three of kubeadm. */
export const AuthorityName = z.enum(["cluster", "front-proxy", "etcd"]);
export type AuthorityName = z.infer<typeof AuthorityName>;

/** What a certificate says about its holder: everything but its life, its number and its key. */
export const CertificateSubject = z.strictObject({
	signer: AuthorityName,
	commonName: z.string().min(1).max(64),
	organizations: z.array(z.string().min(1).max(64)).max(4).default([]),
	usages: z
		.array(z.enum(["client", "server"]))
		.min(1)
		.max(2),
	/** Subject alternative names: DNS names and IP addresses. */
	names: z.array(z.string().min(1).max(253)).max(64).default([]),
	addresses: z
		.array(z.union([z.ipv4(), z.ipv6()]))
		.max(64)
		.default([]),
});
export type CertificateSubject = z.infer<typeof CertificateSubject>;

/**
 * A certificate that a target asks its agent to get, and where it goes with its key, each PEM with mode 0600. One path for
 * both holds both. `authority`: the fingerprint of the certificate that signs, so that a new authority is a new target.
 */
export const CertificateRequest = z.strictObject({
	name: Name,
	certificate: AbsolutePath,
	key: AbsolutePath,
	subject: CertificateSubject,
	authority: Digest,
});
export type CertificateRequest = z.infer<typeof CertificateRequest>;

/**
 * A file that several machines share and that is secret: its place and its revision, never its content. The agent gets
 * the content sealed to a key that only it has.
 */
export const SharedSecret = z.strictObject({ name: Name, path: AbsolutePath, mode: Mode, revision: Digest });
export type SharedSecret = z.infer<typeof SharedSecret>;

/** Bounds of what one target may ask for. */
export const CERTIFICATE_LIMITS = { certificates: 32, secrets: 16 } as const;
