import { z } from "zod";
import { AssetName } from "../boot/assets.ts";
import { Labels, Name } from "../ids.ts";
import { isShallow } from "../read-json.ts";
import { Artifact, TARGET_LIMITS } from "../target.ts";
import { BUILT_IN_ROLES } from "./built-in-roles.ts";

/** A host name, an IPv4 or an IPv6 address, without port. The whole-document check refuses addresses that nobody can connect to. */
export const Host = z
	.string()
	.min(1)
	.max(253)
	.regex(/^[0-9A-Za-z:.-]+$/, "a host is a name or an address, like api.lab.example or 192.0.2.10");

/** A Kubernetes taint (core/v1 Taint). */
export const Taint = z.strictObject({
	key: z.string().regex(/^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, "not a taint key"),
	value: z
		.string()
		.regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/, "not a taint value")
		.default(""),
	effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
});
export type Taint = z.infer<typeof Taint>;

/** Kubernetes labels that a machine's Node has from its first registration. */
export const NodeLabels = Labels;

/** Extra command line arguments of one component, without dashes. They win over what rollcall sets. */
const Arguments = z
	.record(
		z
			.string()
			.max(64)
			.regex(/^[a-z][a-z0-9-]*$/, "an argument is written in small letters, without dashes in front, like node-labels"),
		z.string().max(1024),
	)
	.default({});

/** One user directory that the API server trusts (OpenID Connect). */
export const Oidc = z.strictObject({
	issuerUrl: z.url({ protocol: /^https$/ }).max(512),
	clientId: z.string().min(1).max(256),
	usernameClaim: z.string().min(1).max(128).default("sub"),
	usernamePrefix: z.string().max(128).default("oidc:"),
	groupsClaim: z.string().min(1).max(128).optional(),
	groupsPrefix: z.string().max(128).default("oidc:"),
});

/** An artifact that some machines of a cluster get. */
export const ProgramArtifact = Artifact.omit({ encrypted: true }).extend({
	/** Its name among the coordinator's assets: digest, size and address are then filled in when the document is declared. */
	asset: AssetName.optional(),
	/** For machines of this architecture; without it for all. */
	arch: z.enum(["x64", "arm64"]).optional(),
	/** lacking: only for machines whose operating system lacks one of its programs. */
	when: z.enum(["always", "lacking"]).optional(),
});
export type ProgramArtifact = z.infer<typeof ProgramArtifact>;

/** The pod network of a new cluster whose document names none. */
export const DEFAULT_POD_NETWORK = "routed";

/** A rule of an audit policy; its fields are those of the API server. */
const AuditRule = z
	.record(z.string(), z.unknown())
	.refine(isShallow, "objects and lists lie in each other deeper than anybody needs");

/** Which Kubernetes runs, and how. Everything but the version has a default. */
export const Kubernetes = z.strictObject({
	/** A minor version, `1.36`, for the patch release that this program pins, or one release, `1.36.2`. */
	version: z.string().max(32),
	/** How services reach pods on each node. */
	proxyMode: z.enum(["iptables", "ipvs", "nftables", "none"]).default("iptables"),
	/**
	 * The pod network. `routed`: by routes of the nodes, without any program; `calico` has network policies; `none`: the operator
	 * brings one. A document without it keeps what its cluster has.
	 */
	podNetwork: z.enum(["routed", "flannel", "calico", "none"]).default(DEFAULT_POD_NETWORK),
	/** How flannel brings packets to other nodes: `vxlan`, over any network; `host-gw`, by plain routes, where all nodes are on one link. */
	flannelBackend: z.enum(["vxlan", "host-gw"]).optional(),
	featureGates: z
		.record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{1,63}$/, "not a feature gate"), z.boolean())
		.default({}),
	extraArguments: z
		.strictObject({
			apiServer: Arguments,
			controllerManager: Arguments,
			scheduler: Arguments,
			etcd: Arguments,
			kubelet: Arguments,
		})
		.prefault({}),
	/** Records who did what: `metadata` of every change, `none`, or a policy of your own (audit.k8s.io/v1 Policy, its rules). */
	audit: z
		.union([z.enum(["metadata", "none"]), z.strictObject({ rules: z.array(AuditRule).min(1).max(256) })])
		.default("metadata"),
	/** `allow`: a machine may keep keys on a disk, where no tmpfs could be mounted over their folders. */
	onDisk: z.enum(["refuse", "allow"]).optional(),
	/** False: kubelet starts although its machine has swap, and lets no pod use it. */
	failSwapOn: z.boolean().optional(),
	/** Secrets are encrypted in etcd. */
	encryptionAtRest: z.boolean().default(true),
	oidc: z.array(Oidc).max(8).default([]),
	/**
	 * Programs that the operating system of the nodes does not bring, fetched by hash: `/opt/rollcall/bin/kubelet`, plugins
	 * in `/opt/cni/bin`.
	 */
	artifacts: z.array(ProgramArtifact).max(TARGET_LIMITS.artifacts).default([]),
});
export type Kubernetes = z.infer<typeof Kubernetes>;

/** How the API is reached. Without an endpoint each node uses its own balancer on the loopback; no virtual address is needed. */
export const ControlPlane = z.strictObject({
	/** A name or address in front of all API servers, for people and for what is outside of the cluster. */
	endpoint: Host.optional(),
	port: z.int().min(1).max(65535).default(6443),
	/** More names and addresses for the API server's certificate. */
	certificateNames: z.array(Host).max(32).default([]),
});
export type ControlPlane = z.infer<typeof ControlPlane>;

const ImageReference = z
	.string()
	.max(512)
	.regex(
		/^[a-z0-9][a-z0-9.:_/-]*(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
		"not an image reference",
	);

const ArchiveName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, "a name has letters, digits and dashes");

/** Where images come from. */
export const Images = z.strictObject({
	/** Replaces the repository of the Kubernetes images. */
	repository: z
		.string()
		.max(256)
		.regex(/^[a-z0-9][a-z0-9.:_/-]*[a-z0-9]$/, "not an image repository")
		.optional(),
	/** Whole references by component, for sites without internet: `kube-apiserver: mirror.lab/kube-apiserver:v1.36.2@sha256:...`. */
	overrides: z.record(z.string().max(64), ImageReference).default({}),
	/** Mirrors by registry host; containerd tries them in this order, then the registry itself. */
	mirrors: z
		.array(
			z.strictObject({
				registry: z
					.string()
					.max(253)
					.regex(/^(?:_default|[A-Za-z0-9.-]+(?::\d{1,5})?)$/, "a registry is a host, like docker.io"),
				endpoints: z
					.array(z.url({ protocol: /^https?$/ }).max(512))
					.min(1)
					.max(8),
				/** Certificates of the authorities that sign for the endpoints, in PEM, where the system's own do not. */
				authority: z
					.string()
					.max(32 * 1024)
					.regex(
						/^\s*(?:-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/,
						"certificates in PEM, and nothing else",
					)
					.optional(),
				/** Who asks the endpoints: an account that the coordinator keeps under this name. Another password is another name. */
				account: Name.optional(),
				/** False: the registry itself is never asked. */
				fallback: z.boolean().default(true),
			}),
		)
		.max(64)
		.default([]),
	/** Archives of images (as `ctr images export` and `docker save` write them), imported before kubelet starts. */
	archives: z
		.array(
			Artifact.pick({ sha256: true, sizeBytes: true, urls: true }).extend({
				name: ArchiveName,
				/** Whose nodes get it; absent: all of them. */
				roles: z.array(z.enum(BUILT_IN_ROLES)).min(1).max(BUILT_IN_ROLES.length).optional(),
				/** For machines of this architecture; without it for all. */
				arch: z.enum(["x64", "arm64"]).optional(),
			}),
		)
		.max(16)
		.default([]),
});
export type Images = z.infer<typeof Images>;
