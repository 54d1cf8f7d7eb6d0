import { ApiScope, overlaps, parseNetwork, Reach, RelayName, UserPublicKey } from "@rollcall/protocol";
import { z } from "zod";

const Port = z.int().min(0).max(65535);
const File = z.string().min(1).max(1024);
/** Names and addresses of a computer. */
const Names = z
	.array(z.union([z.ipv4(), z.ipv6(), z.hostname().max(253)]))
	.max(32)
	.default([]);

/** The most that the event log may take, in bytes. */
const LogBytes = z
	.int()
	.min(1024 * 1024)
	.max(2 ** 50);
/** Far more than years of a large fleet. */
const DEFAULT_LOG_BYTES = 8 * 2 ** 30;

/** An existing NATS cluster in operator mode, by its addresses and the keys of one of its accounts. */
const ExternalNats = z.strictObject({
	servers: z.array(z.string().max(256)).min(1).max(16),
	/** PEM: whom the servers' certificates are by. Absent: they have none, or one by an authority that everybody knows. */
	authorityFile: File.optional(),
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
	/** The most that the event log may take, in bytes; without it what the account may take, and nothing is told before it is full. */
	logBytes: LogBytes.optional(),
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
	/** Addresses or networks (`192.0.2.0/24`) of proxies in front of the listener. Only their `X-Forwarded-For` counts. */
	proxies: z
		.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
		.max(16)
		.default([]),
	/** Downloads of one address at once. */
	downloadsPerClient: z.int().min(1).max(1024).default(8),
	/** What the network carries, to say when to ask again. */
	bytesPerSecond: z.int().min(1).default(125_000_000),
});
export type BootConfig = z.infer<typeof Boot>;

/** Operators with certificates: by whom these are, and what their subjects give them. */
const ClientAuthorities = z.strictObject({
	/** PEM: the authorities that issue them, each one that issues and not only the root above it. Read again when it changes. */
	file: File,
	/** PEM: a revocation list of each of these authorities. Read again when it changes. */
	revocations: File.optional(),
	/** Whose subject has one of these values, has this right; of several the largest. */
	rights: z
		.array(
			z.strictObject({
				field: z.enum(["CN", "O", "OU"]),
				value: z.string().min(1).max(256),
				scope: ApiScope,
				reach: Reach.optional(),
			}),
		)
		.min(1)
		.max(64),
});
export type ClientAuthoritiesConfig = z.infer<typeof ClientAuthorities>;

/** What the API and the embedded bus show. */
const Tls = z.union([
	/** Plain HTTP, and a bus without TLS. */
	z.literal("off"),
	/** Certificates by an authority of the fleet's own. */
	z.strictObject({
		/** As `http.names`, with which they are one list. */
		names: Names,
		/** How long a certificate lives; it is replaced after a third of that. Absent: it has no end. */
		certificateSeconds: z.int().min(10).max(3_153_600_000).optional(),
		clientAuthorities: ClientAuthorities.optional(),
	}),
	/** Certificates that somebody else keeps in files, such as an ACME client. They are read again when they change. */
	z.strictObject({
		/** PEM, the coordinator's own first. */
		certificateFile: File,
		/** PEM, without a passphrase. */
		keyFile: File,
		/** PEM: whom operators and machines are to believe. Absent: one of the authorities that everybody knows. */
		authorityFile: File.optional(),
		clientAuthorities: ClientAuthorities.optional(),
	}),
]);

/** Where people sign in: an OpenID provider, and what their claims give them. */
const Oidc = z.strictObject({
	/** As the provider calls itself, exactly; https, or http on this host. */
	issuer: z
		.url({ protocol: /^https?$/ })
		.max(512)
		.refine(
			(url) => /^https:|^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)[:/]?/.test(url),
			"a provider elsewhere is at https",
		),
	/** The public client that `rollcall login` is there; tokens must be for it. */
	clientId: z.string().min(1).max(256),
	/** What is asked for when somebody signs in. */
	scopes: z
		.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/))
		.max(16)
		.default(["openid", "offline_access"]),
	/** The claim that people are called by in events. */
	nameClaim: z.string().min(1).max(64).default("sub"),
	/** Who has one of these claims, as a text or in a list, has this right; of several the largest. */
	rights: z
		.array(
			z.strictObject({
				claim: z.string().min(1).max(64),
				value: z.string().min(1).max(256),
				scope: ApiScope,
				reach: Reach.optional(),
			}),
		)
		.min(1)
		.max(64),
});
export type OidcConfig = z.infer<typeof Oidc>;

/** Where the key is that secrets are sealed with on the disk. */
const SecretsKey = z.union([
	/** 32 random bytes as base64, 0600, outside of the data folder. */
	z.strictObject({ file: File }),
	/** The same as a credential of the unit, by its name in $CREDENTIALS_DIRECTORY. */
	z.strictObject({ credential: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/) }),
	/** A passphrase, 0600, outside of the data folder. */
	z.strictObject({ passphraseFile: File }),
]);
export type SecretsKeyConfig = z.infer<typeof SecretsKey>;

/** Who looks into the neighbour table of a link that this computer is not on. */
const Relay = z.strictObject({
	name: RelayName,
	/** The networks of that link; nothing that it says of another address counts. */
	networks: z
		.array(z.union([z.cidrv4(), z.cidrv6()]))
		.min(1)
		.max(16),
	/** What it signs with; each relay tells its own when it starts. */
	publicKey: UserPublicKey,
});
export type RelayConfig = z.infer<typeof Relay>;

const Relays = z
	.array(Relay)
	.max(64)
	.default([])
	.refine(
		(relays) => new Set(relays.map(({ name }) => name)).size === relays.length,
		"two relays have one name; each has its own",
	)
	.refine((relays) => !haveOneNetwork(relays), "networks of two relays overlap; one relay looks for each address");

function haveOneNetwork(relays: readonly RelayConfig[]): boolean {
	const networks = relays.flatMap(({ name, networks }) =>
		networks.map((text) => ({ name, network: parseNetwork(text) })),
	);
	return networks.some(({ name, network }) =>
		networks.some((other) => other.name !== name && network && other.network && overlaps(network, other.network)),
	);
}

/** What a coordinator is started with: one YAML file. Paths are relative to the file's folder. */
export const CoordinatorConfig = z.strictObject({
	/** Keys, the event log of an embedded NATS, snapshots. 0700. */
	dataFolder: File,
	http: z
		.strictObject({
			host: z.string().max(255).default("127.0.0.1"),
			port: Port.default(7420),
			/** More names and addresses by which operators, machines and programs call this computer. A request for any other name is refused, and the certificate is for them. */
			names: Names,
		})
		.prefault({}),
	tls: Tls.prefault({}),
	nats: z
		.union([
			z.strictObject({
				embedded: z.strictObject({
					host: z.string().max(255).default("127.0.0.1"),
					port: Port.default(7422),
					logBytes: LogBytes.default(DEFAULT_LOG_BYTES),
				}),
			}),
			z.strictObject({ external: ExternalNats }),
		])
		.default({ embedded: { host: "127.0.0.1", port: 7422, logBytes: DEFAULT_LOG_BYTES } }),
	/** What machines are told, where it differs from where we listen. */
	advertise: z
		.strictObject({
			http: z.url({ protocol: /^https?$/ }).optional(),
			nats: z.array(z.string().max(256)).max(16).optional(),
		})
		.prefault({}),
	/** Seed file of the key that signs assignments; coordinators of one fleet share it. Absent: one of its own in the data folder. */
	signingSeedFile: File.optional(),
	/** The key that is to sign after that one; agents believe it from now on. */
	nextSigningSeedFile: File.optional(),
	/** Machines boot from here; absent: there is no such listener. */
	boot: Boot.optional(),
	/** A cluster document that is declared when the log has none. */
	document: File.optional(),
	/** Life of the agents' NATS credentials. */
	credentialsSeconds: z.int().min(60).max(86_400).default(86_400),
	/** Life of the machines' certificates; they are renewed after a third of it, so that two thirds are always left. */
	certificateSeconds: z.int().min(10).max(31_536_000).default(4_147_200),
	/** Folder with the private keys of the fleet's authorities; coordinators of one fleet share it. Absent: one of its own in the data folder. */
	authorityFolder: File.optional(),
	/** Folder with the snapshots of etcd and the keys that open them; coordinators of one fleet share it. Absent: one of its own in the data folder. */
	etcdSnapshotFolder: File.optional(),
	/** Folder with the accounts at mirrors, one file each (0600), called as the account and holding `USER:PASSWORD`. Absent: one in the data folder. */
	registryAccountFolder: File.optional(),
	/** Secrets lie sealed on the disk; absent: in clear, 0600. */
	secrets: z
		.strictObject({
			key: SecretsKey,
			/** What they were sealed with until now: at the next start they are sealed with the other. */
			previousKey: SecretsKey.optional(),
		})
		.optional(),
	/** Which TPMs count. */
	tpm: z
		.strictObject({
			/** PEM: the makers' authorities that certify endorsement keys, each one that issues and not only the root above it. Absent: any TPM. */
			authorities: File.optional(),
		})
		.prefault({}),
	/** Who looks for machines on links that this computer is not on. */
	relays: Relays,
	/** Folder with the operator's own Kubernetes manifests, applied when the cluster's API answers. */
	manifests: File.optional(),
	/** Who may read `/metrics` without a token: `loopback` is this host, `nobody` is nobody. */
	metrics: z.strictObject({ open: z.enum(["loopback", "nobody"]).default("loopback") }).prefault({}),
	/** People who sign in with an OpenID provider; absent: tokens alone. */
	oidc: Oidc.optional(),
	logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});
export type CoordinatorConfig = z.infer<typeof CoordinatorConfig>;
