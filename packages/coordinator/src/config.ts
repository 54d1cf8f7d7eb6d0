import { z } from "zod";

const Port = z.int().min(0).max(65535);
const File = z.string().min(1).max(1024);

/** An existing NATS cluster in operator mode, by its addresses and the keys of one of its accounts. */
const ExternalNats = z.strictObject({
	servers: z.array(z.string().max(256)).min(1).max(16),
	/** Credentials of a user with full rights in the account, as `nsc` writes them. */
	credentialsFile: File,
	/** Seed of the account (or one of its signing keys): signs the agents' JWTs. */
	accountSeedFile: File,
	/** Public key of the account, where the seed is a signing key's. */
	account: z.string().max(64).optional(),
	/** Credentials of a user of the system account: with them, revoked agents are cut off at once. */
	systemCredentialsFile: File.optional(),
	/** Seed of the operator (or its signing key), needed together with the system credentials: it signs the account's revocations. */
	operatorSeedFile: File.optional(),
	/** For how long a start waits for servers that cannot be reached yet. */
	waitSeconds: z.int().min(1).max(86_400).default(30),
	/** Replicas of the event log's stream. */
	replicas: z.int().min(1).max(5).default(1),
});

/** The listener that machines boot from: plain HTTP. */
const Boot = z.strictObject({
	host: z.string().max(255).default("127.0.0.1"),
	port: Port.default(7480),
	/** The listener as machines reach it; needed where `host` is a wildcard. */
	url: z
		.url({ protocol: /^https?$/ })
		.max(256)
		.optional(),
	/** The boot document. It is read again when the file changes. */
	document: File.optional(),
	/** The agent's program, for the architecture that it was built for. Absent: the one that was bundled here. */
	agent: File.optional(),
	/** Signs boot tokens; coordinators of one fleet share it. Absent: one of its own in the data folder. */
	keyFile: File.optional(),
	/** Bytes that were promised to machines and not sent yet; above it they are told to ask again. */
	maxBytesInFlight: z
		.int()
		.min(1)
		.default(8 * 2 ** 30),
	/** Requests of one address per second; twice as many at once. Above it they are told to ask again. */
	requestsPerSecond: z.number().min(1).max(1_000_000).default(200),
	/** Downloads of one address at once. */
	downloadsPerClient: z.int().min(1).max(1024).default(8),
	/** What the network carries, to say when to ask again. */
	bytesPerSecond: z.int().min(1).default(125_000_000),
});
export type BootConfig = z.infer<typeof Boot>;

/** What a coordinator is started with: one YAML file. Paths are relative to the file's folder. */
export const CoordinatorConfig = z.strictObject({
	/** Keys, the event log of an embedded NATS, snapshots. 0700. */
	dataFolder: File,
	http: z.strictObject({ host: z.string().max(255).default("127.0.0.1"), port: Port.default(7420) }).prefault({}),
	nats: z
		.union([
			z.strictObject({
				embedded: z.strictObject({ host: z.string().max(255).default("127.0.0.1"), port: Port.default(7422) }),
			}),
			z.strictObject({ external: ExternalNats }),
		])
		.default({ embedded: { host: "127.0.0.1", port: 7422 } }),
	/** What machines are told, where it differs from where we listen. */
	advertise: z
		.strictObject({
			http: z.url({ protocol: /^https?$/ }).optional(),
			nats: z.array(z.string().max(256)).max(16).optional(),
		})
		.prefault({}),
	/** Seed file of the key that signs assignments; coordinators of one fleet share it. Absent: one of its own in the data folder. */
	signingSeedFile: File.optional(),
	/** Machines boot from here; absent: there is no such listener. */
	boot: Boot.optional(),
	/** A cluster document that is declared when the log has none. */
	document: File.optional(),
	/** Life of the agents' NATS credentials. */
	credentialsSeconds: z.int().min(60).max(86_400).default(86_400),
	/** Life of the machines' certificates; they are renewed after two thirds of it. */
	certificateSeconds: z.int().min(10).max(31_536_000).default(604_800),
	/** Folder with the private keys of the fleet's authorities; coordinators of one fleet share it. Absent: one of its own in the data folder. */
	authorityFolder: File.optional(),
	/** Folder with the snapshots of etcd and the keys that open them; coordinators of one fleet share it. Absent: one of its own in the data folder. */
	etcdSnapshotFolder: File.optional(),
	/** Folder with the operator's own Kubernetes manifests, applied when the cluster's API answers and removed when they are taken away. */
	manifests: File.optional(),
	logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});
export type CoordinatorConfig = z.infer<typeof CoordinatorConfig>;

/** A configuration that is not usable: the file, the field, and what is wrong with it. */
export class ConfigError extends Error {
	override readonly name = "ConfigError";
}
