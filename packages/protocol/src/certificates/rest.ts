import { z } from "zod";
import { BootId, Name } from "../ids.ts";
import { AuthorityName } from "./target.ts";

/** A certificate as `GET /v1/certificates` lists it. Times are ISO 8601. */
export const CertificateView = z.strictObject({
	/** authority: signs others. node: a machine's. operator: somebody's who asked for it. */
	kind: z.enum(["authority", "node", "operator"]),
	/** An authority's name, or what the certificate is for. */
	name: Name,
	machineId: z.string().optional(),
	nodeName: Name.optional(),
	bootId: BootId.optional(),
	/** Who got it, for an operator's. */
	by: z.string().optional(),
	signer: AuthorityName,
	subject: z.string(),
	/** Hexadecimal; absent for authorities, which are known by their fingerprint. */
	serial: z.string().optional(),
	fingerprint: z.string().optional(),
	issuedAt: z.string().optional(),
	expiresAt: z.string(),
	/** Of an authority: it signs, or is believed only. Of others: valid, or signed by one that nobody believes any more. Of all: over, or not begun. */
	state: z.enum(["signing", "believed", "valid", "expired", "not-yet-valid", "disbelieved"]),
});
export type CertificateView = z.infer<typeof CertificateView>;

/** Keys that change in steps. secrets: the key that Secrets are encrypted with in etcd. */
export const Rotated = z.enum(["authorities", "service-accounts", "secrets"]);
export type Rotated = z.infer<typeof Rotated>;

/** What `rotate` changes: keys of the cluster, or the authority of the coordinators' listeners. */
export const RotatedKeys = z.enum([...Rotated.options, "listeners"]);
export type RotatedKeys = z.infer<typeof RotatedKeys>;

/**
 * Where a change of the fleet's keys stands. `next`: what `rotate` does when it is asked for; `rewrite`: before it does anything,
 * the coordinator writes all Secrets anew. `machines`, of the listeners while it is under way: how many live machines there are, and how
 * many have confirmed that they believe the new authority.
 */
export const RotationView = z.strictObject({
	what: RotatedKeys,
	next: z.enum(["prepare", "sign", "rewrite", "finish"]),
	machines: z.strictObject({ live: z.int(), confirmed: z.int() }).optional(),
});
export type RotationView = z.infer<typeof RotationView>;

/** `GET /v1/certificates`: authorities first, then by node and name, then those of operators. */
export const CertificateList = z.strictObject({
	certificates: z.array(CertificateView),
	rotations: z.array(RotationView),
});
export type CertificateList = z.infer<typeof CertificateList>;

/** `POST /v1/certificates`: a client certificate for a person. The private key stays with who asks. */
export const OperatorCertificateRequest = z.strictObject({
	/** A certificate request (PKCS #10, DER, base64). Only its public key is taken. */
	request: z.string().max(4096),
	commonName: z
		.string()
		.min(1)
		.max(64)
		.regex(
			/^(?!system:)[A-Za-z0-9][A-Za-z0-9 ._@:-]*$/,
			"a name is of letters, digits and . _ @ : -, and not one of system:",
		)
		.default("kubernetes-admin"),
	/** admins: what a role binding gives to kubeadm's group of administrators. masters: everything, also without any role. */
	group: z.enum(["admins", "masters"]).default("admins"),
	expiresInSeconds: z.int().min(60).max(31_536_000).default(28_800),
});
export type OperatorCertificateRequest = z.infer<typeof OperatorCertificateRequest>;

/** The answer: PEM, where the API is, and whom to believe. */
export const OperatorCertificate = z.strictObject({
	cluster: Name,
	server: z.string(),
	authority: z.string(),
	certificate: z.string(),
	expiresAt: z.string(),
});
export type OperatorCertificate = z.infer<typeof OperatorCertificate>;

/** `POST /v1/certificates/rotate`: the next step of a change of keys. `force`: although machines have not followed the last one. */
export const RotateRequest = z.strictObject({
	what: RotatedKeys.default("authorities"),
	force: z.boolean().default(false),
});
export type RotateRequest = z.infer<typeof RotateRequest>;
/** What was done, and what comes next. */
export const RotateReply = z.strictObject({
	what: RotatedKeys,
	done: z.enum(["prepare", "sign", "finish"]),
	text: z.string(),
});
export type RotateReply = z.infer<typeof RotateReply>;
