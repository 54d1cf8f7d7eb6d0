import { z } from "zod";
import { CERTIFICATE_LIMITS, CertificateRequest, SharedSecret } from "./certificates/target.ts";
import { TargetMemory } from "./etcd-memory.ts";
import { Digest, Generation, MachineId, Name } from "./ids.ts";
import { AbsolutePath, Mode } from "./paths.ts";
import { TargetPodNetwork } from "./pod-network.ts";
import { UnitName } from "./unit-name.ts";

/** Bounds of a target, so that it always fits one NATS message (1 MiB by default) with room to spare. */
export const TARGET_LIMITS = {
	files: 256,
	fileBytes: 256 * 1024,
	totalBytes: 640 * 1024,
	units: 64,
	probes: 64,
	artifacts: 64,
	unpacked: 64,
} as const;

/** One file of a target. `content` is UTF-8 text, or base64 where `encoding` says so. */
export const TargetFile = z.strictObject({
	path: AbsolutePath,
	mode: Mode,
	encoding: z.enum(["utf8", "base64"]).default("utf8"),
	content: z.string().max(TARGET_LIMITS.fileBytes * 2),
	/** The content is nobody's business: it is shown as its digest. Left out where it is not. */
	sensitive: z.literal(true).optional(),
});
export type TargetFile = z.infer<typeof TargetFile>;

/**
 * A unit that must run. Its file is among the target's files, or the operating system has it. It is restarted when its own
 * file or one of `restartOn` changed, and started when it is not active.
 */
export const TargetUnit = z.strictObject({ name: UnitName, restartOn: z.array(AbsolutePath).max(64).default([]) });
export type TargetUnit = z.infer<typeof TargetUnit>;

/**
 * How the health of one component is found out. A target counts as applied when every probe has succeeded once within
 * `deadlineSeconds` after the units were started; afterwards the probes go on every `intervalSeconds`, as health.
 * http: any 2xx answer from a loopback URL. tcp: the port accepts. unit: systemd says active. file: it exists.
 * routes: the kernel has all routes to other nodes' pods.
 */
export const Probe = z.discriminatedUnion("kind", [
	z.strictObject({
		kind: z.literal("http"),
		...probeFields(),
		port: z.int().min(1).max(65535),
		path: z.string().max(256).startsWith("/"),
		/** https: the certificate is not checked, as kubelet's own probes do; the address is the loopback of the machine. */
		scheme: z.enum(["http", "https"]).default("http"),
	}),
	z.strictObject({ kind: z.literal("tcp"), ...probeFields(), port: z.int().min(1).max(65535) }),
	z.strictObject({ kind: z.literal("unit"), ...probeFields(), unit: UnitName }),
	z.strictObject({ kind: z.literal("file"), ...probeFields(), path: AbsolutePath }),
	z.strictObject({ kind: z.literal("routes"), ...probeFields() }),
]);
export type Probe = z.infer<typeof Probe>;

/** What probes of all kinds have. */
function probeFields() {
	return {
		component: Name,
		deadlineSeconds: z.int().min(1).max(3600).default(60),
		intervalSeconds: z.int().min(1).max(600).default(5),
		timeoutSeconds: z.int().min(1).max(60).default(2),
	};
}

/**
 * How an artifact is encrypted: a nonce, AES-256-GCM of the content with `additional` as additional data, the tag. The key, 32
 * bytes as base64, is of this one file.
 */
export const ENCRYPTION = {
	algorithm: "aes-256-gcm",
	nonceBytes: 12,
	tagBytes: 16,
	additional: "rollcall encrypted artifact v1",
} as const;

/** Something too large for a message, fetched by hash from one of `urls` (http or https) and put at `path`. */
export const Artifact = z.strictObject({
	path: AbsolutePath,
	mode: Mode,
	sha256: Digest,
	sizeBytes: z.int().min(0),
	urls: z
		.array(z.url({ protocol: /^https?$/ }).max(2048))
		.min(1)
		.max(8),
	/**
	 * The artifact is a tar archive, plain or compressed with gzip or zstd: these regular files of it are put in their places,
	 * and nothing else. `path` then holds a note of what was unpacked, not the archive.
	 */
	unpack: z
		.array(z.strictObject({ member: z.string().min(1).max(255), path: AbsolutePath, mode: Mode }))
		.min(1)
		.max(TARGET_LIMITS.unpacked)
		.optional(),
	/**
	 * A unit takes the content in, removes the file and writes the artifact's digest here: as long as it stands here, the
	 * artifact is not fetched again. For what would otherwise lie in RAM twice.
	 */
	takenNote: AbsolutePath.optional(),
	/**
	 * What is fetched is encrypted (see `ENCRYPTION`). The secret of this name, among the target's, opens it; what then lies at
	 * `path` has this digest and size. Not together with `unpack` and `takenNote`.
	 */
	encrypted: z.strictObject({ secret: Name, sha256: Digest, sizeBytes: z.int().min(0) }).optional(),
});
export type Artifact = z.infer<typeof Artifact>;

/** What a target asks a machine to run: everything that its digest covers. */
export const TargetContent = z.strictObject({
	cluster: Name,
	slot: Name,
	role: Name,
	nodeName: Name,
	files: z.array(TargetFile).max(TARGET_LIMITS.files),
	units: z.array(TargetUnit).max(TARGET_LIMITS.units),
	probes: z.array(Probe).max(TARGET_LIMITS.probes),
	artifacts: z.array(Artifact).max(TARGET_LIMITS.artifacts),
	/** What the agent has to ask the coordinator for before it writes anything. */
	certificates: z.array(CertificateRequest).max(CERTIFICATE_LIMITS.certificates).optional(),
	secrets: z.array(SharedSecret).max(CERTIFICATE_LIMITS.secrets).optional(),
	memory: TargetMemory.optional(),
	/** Of a node whose pods are reached by routes. */
	podNetwork: TargetPodNetwork.optional(),
	/** Applying ends as rejected when it is not done this long after it was received. */
	deadlineSeconds: z.int().min(1).max(7200),
});
export type TargetContent = z.infer<typeof TargetContent>;

/**
 * What an assignment means for one machine. Complete and self-contained: the agent needs no template and no knowledge of
 * Kubernetes. `digest` is `digestOf(content)`.
 */
export const Target = z.strictObject({
	machineId: MachineId,
	generation: Generation.min(1),
	digest: Digest,
	content: TargetContent,
});
export type Target = z.infer<typeof Target>;

/** Stands for the role, and the other names, of a target that is for no seat. */
export const NO_ROLE = "none";

/** A target's content that asks for nothing: everything that an earlier one brought goes. The names stand for no seat. */
export function emptyContent(memory?: TargetMemory): TargetContent {
	const names = { cluster: NO_ROLE, slot: NO_ROLE, role: NO_ROLE, nodeName: NO_ROLE } as const;
	const nothing = { files: [], units: [], probes: [], artifacts: [], deadlineSeconds: 300 };
	return { ...names, ...nothing, ...(memory ? { memory } : {}) };
}
