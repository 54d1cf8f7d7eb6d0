import { join } from "node:path";
import { encodeUser, fmtCreds } from "@nats-io/jwt";
import type { Authenticator } from "@nats-io/transport-node";
import { makePrivateFolder } from "../../disk/atomic-write.ts";
import { ofSetting } from "../../disk/given-file.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { BusRefused } from "../../errors.ts";
import type { Credentials } from "../../ports/credentials.ts";
import { asTls, readBusAuthority, type Secured, toCluster, toOwnServer } from "./bus-tls.ts";
import { serverClaims } from "./claims.ts";
import { type BusConnection, type ConnectOptions, connectBus } from "./connect.ts";
import { type ConnectionGuardParts, startConnectionGuard } from "./connection-guard.ts";
import { createCredentials, DEFAULT_LIFETIME_SECONDS } from "./credentials.ts";
import { readCredentials } from "./credentials-file.ts";
import { type EmbeddedOptions, EmbeddedServer } from "./embedded-server.ts";
import { BUS_KEYS, type BusKeys, loadKeys, readNamedKey } from "./keys.ts";
import { pushToCluster, pushToEmbedded } from "./push-claims.ts";
import { requireJetStream } from "./require-jetstream.ts";
import { Revocations } from "./revocations.ts";
import { PATCHED_VERSIONS, tooOld, unpatched, versionIn } from "./server-versions.ts";
import { type SigningKey, userAuthenticator } from "./signing-key.ts";

/** What both kinds of bus need. */
interface OpenOptions {
	readonly dataFolder: string;
	/** Names the connection. */
	readonly coordinatorId: string;
	/** NATS URLs for agents, where they differ from the coordinator's. */
	readonly advertise?: readonly string[];
	readonly lifetimeSeconds?: number;
	/** The date, in milliseconds since 1970. */
	readonly wall: () => number;
	/** Seed of the key that signs assignments; coordinators of one fleet share it. One of its own in `keys/` without it. */
	readonly signingSeedFile?: string;
	/** Seed of the key that is to sign after that one. */
	readonly nextSigningSeedFile?: string;
	readonly onStatus?: ConnectOptions["onStatus"];
	/** How keys and credentials lie on the disk; in clear without it. */
	readonly files?: SecretFiles | undefined;
}

export type EmbeddedBusOptions = OpenOptions & Omit<EmbeddedOptions, "dataFolder">;

export interface ExternalBusOptions extends OpenOptions {
	readonly servers: readonly string[];
	/** Whom the servers' certificates are by, PEM; absent where everybody knows it, or they have none. */
	readonly authorityFile?: string;
	/** Credentials of a user with full rights in the account. */
	readonly credentialsFile: string;
	/** Seed of the account, or of one of its signing keys. */
	readonly accountSeedFile: string;
	/** The account's public key; taken from the credentials without it. */
	readonly account?: string;
	/** With both, revoked credentials are cut off at once; without, they end when they expire. */
	readonly systemCredentialsFile?: string;
	readonly operatorSeedFile?: string;
	/** For how long to wait for a cluster that is not there yet; 30 seconds without it. */
	readonly waitSeconds?: number;
	/** Ends the waiting. */
	readonly signal?: AbortSignal;
}

/** A bus that is there: the coordinator's connection and the identities on it. `server` where it is an embedded one. */
export interface OpenBus {
	readonly connection: BusConnection;
	readonly credentials: Credentials;
	readonly server?: EmbeddedServer;
	/** Whom an existing cluster's certificates are by, PEM. */
	readonly authority?: string | undefined;
	/** Closes the connection, and ends an embedded server. */
	close(): Promise<void>;
}

/** For how long the first connection to a server of our own is tried: it runs, and answers late only on a busy computer. In milliseconds. */
const OWN_SERVER_MS = 30_000;

/** Starts a nats-server of our own and connects to it. Its keys are in `<dataFolder>/keys`. Throws an Error that says what is wrong. */
export async function openEmbedded(options: EmbeddedBusOptions): Promise<OpenBus> {
	const folder = join(options.dataFolder, "keys");
	const keys: BusKeys = await loadKeys(folder, BUS_KEYS, options.files);
	const lifetimeSeconds = options.lifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS;
	const revocations = await Revocations.open(join(folder, "revocations.json"), { lifetimeSeconds, wall: options.wall });
	const assignments = options.signingSeedFile
		? await readNamedKey("signingSeedFile", options.signingSeedFile, "U", options.files)
		: keys.assignments;
	await writeCoordinatorCredentials(folder, keys, options.files ?? IN_CLEAR);
	const secured = toOwnServer(options.tls);
	const server = await EmbeddedServer.start(options, () => serverClaims(keys, revocations.current()));
	return endedWith(async (opened) => {
		opened.defer(() => server.stop());
		const authenticator = userAuthenticator(await coordinatorJwt(keys), keys.coordinator);
		const connection = await connectBus({
			...connectOptions(options),
			servers: [server.url],
			authenticator,
			secured,
			patienceMs: OWN_SERVER_MS,
		});
		opened.defer(() => connection.close());
		const push = pushToEmbedded({ servers: () => [server.url], authenticator: () => systemUser(keys), secured }, keys);
		const credentials = createCredentials({
			issuer: keys.account,
			accountId: keys.account.publicKey,
			assignments,
			nextSigner: await nextSigner(options),
			servers: options.tls ? asTls(options.advertise ?? [server.url]) : (options.advertise ?? [server.url]),
			lifetimeSeconds,
			wall: options.wall,
			revoke: (publicKeys) => revocations.add(publicKeys, push),
		});
		const endGuard = await guardConnections(options, {
			servers: [server.url],
			authenticator: await systemUser(keys),
			secured,
			account: keys.account.publicKey,
			exempt: keys.coordinator.publicKey,
		});
		opened.defer(endGuard);
		return { connection, credentials, server };
	});
}

/** What `open` opens, with its end: what was put on the stack, the last first. Where it throws, that ends at once. */
async function endedWith(open: (opened: AsyncDisposableStack) => Promise<Omit<OpenBus, "close">>): Promise<OpenBus> {
	await using opened = new AsyncDisposableStack();
	const bus = await open(opened);
	const closing = opened.move();
	return { ...bus, close: () => closing.disposeAsync() };
}

/** Bounds the connections of each agent. A bus without this goes on. */
async function guardConnections(
	{ onStatus }: OpenOptions,
	access: Omit<ConnectionGuardParts, "tell">,
): Promise<() => Promise<void>> {
	const tell = (text: string): void => onStatus?.({ connected: false, text });
	try {
		return await startConnectionGuard({ ...access, tell });
	} catch (error) {
		tell(`the connections of agents are not bounded: ${(error as Error).message}`);
		return async () => {};
	}
}

/** The key that agents are to believe besides the one that signs, before it takes its place. */
async function nextSigner({ nextSigningSeedFile, files }: OpenOptions): Promise<SigningKey | undefined> {
	return nextSigningSeedFile === undefined
		? undefined
		: await readNamedKey("nextSigningSeedFile", nextSigningSeedFile, "U", files);
}

const WAIT_SECONDS = 30;

/**
 * Connects to an existing cluster, and waits for one that is not there yet. Throws an Error that names the file that is not
 * good, the servers that cannot be reached, or what they lack, and what to do.
 */
export async function openExternal(options: ExternalBusOptions): Promise<OpenBus> {
	const folder = join(options.dataFolder, "keys");
	await makePrivateFolder(folder);
	const issuer = await readNamedKey("nats.external.accountSeedFile", options.accountSeedFile, "A", options.files);
	const assignments = options.signingSeedFile
		? await readNamedKey("signingSeedFile", options.signingSeedFile, "U", options.files)
		: (await loadKeys(folder, ["assignments"], options.files)).assignments;
	const credentials = await ofSetting("nats.external.credentialsFile", () =>
		readCredentials(options.credentialsFile, options.files),
	);
	const authority = await readBusAuthority(options.authorityFile);
	const secured = toCluster(options.servers, authority);
	const accountId = options.account ?? credentials.accountId;
	const lifetimeSeconds = options.lifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS;
	const revocations = await Revocations.open(join(folder, "revocations.json"), { lifetimeSeconds, wall: options.wall });
	const revoke = await clusterRevoke(options, { accountId, revocations, secured });
	return endedWith(async (opened) => {
		const connection = await connectToCluster(options, credentials.authenticator, secured);
		opened.defer(() => connection.close());
		const { systemCredentialsFile } = options;
		if (systemCredentialsFile !== undefined)
			opened.defer(
				await guardConnections(options, {
					servers: options.servers,
					authenticator: (await readCredentials(systemCredentialsFile, options.files)).authenticator,
					secured,
					account: accountId,
					exempt: credentials.user,
				}),
			);
		return {
			connection,
			authority,
			credentials: createCredentials({
				issuer,
				accountId,
				assignments,
				nextSigner: await nextSigner(options),
				servers: options.advertise ?? options.servers,
				lifetimeSeconds,
				wall: options.wall,
				revoke,
			}),
		};
	});
}

async function connectToCluster(
	options: ExternalBusOptions,
	authenticator: Authenticator,
	secured: Secured,
): Promise<BusConnection> {
	const { servers, credentialsFile, signal, waitSeconds = WAIT_SECONDS } = options;
	const connection = await connectBus({
		...connectOptions(options),
		servers,
		authenticator,
		secured,
		patienceMs: waitSeconds * 1_000,
		...(signal ? { signal } : {}),
	}).catch((error: Error) => {
		const next =
			error instanceof BusRefused
				? `nats.external.credentialsFile is ${credentialsFile}: put the credentials of a user there whose account these servers know`
				: `look whether a nats-server listens there and whether nats.external.servers names it; ${waitSeconds} s were waited for it`;
		throw new Error(`${error.message}; ${next}`, { cause: error });
	});
	const told = connection.nc.info?.version ?? "";
	const version = versionIn(told);
	const fault = version && tooOld(version);
	if (fault) {
		await connection.close();
		throw new Error(
			`NATS at ${servers.join(", ")} is version ${told}, ${fault}; install nats-server ${PATCHED_VERSIONS} there`,
		);
	}
	const warning = version && unpatched(version);
	if (warning) options.onStatus?.({ connected: false, text: `${servers.join(", ")}: ${warning}` });
	try {
		await requireJetStream(connection, signal);
	} catch (error) {
		await connection.close();
		throw new Error(
			`NATS at ${servers.join(", ")} gives the user of ${credentialsFile} no JetStream, which holds the event log (${(error as Error).message}); switch it on in the servers' configuration (jetstream {}), and give the user's account JetStream limits`,
			{ cause: error },
		);
	}
	return connection;
}

async function clusterRevoke(
	options: ExternalBusOptions,
	parts: { accountId: string; revocations: Revocations; secured: Secured },
): Promise<Credentials["revoke"]> {
	const { systemCredentialsFile, operatorSeedFile, servers } = options;
	if (systemCredentialsFile === undefined || operatorSeedFile === undefined) {
		let told = false;
		return async () => {
			if (!told)
				options.onStatus?.({
					connected: true,
					text: "no system credentials and operator seed are configured: revoked agents keep their connection until their credentials expire; the coordinator refuses them",
				});
			told = true;
		};
	}
	const { authenticator } = await ofSetting("nats.external.systemCredentialsFile", () =>
		readCredentials(systemCredentialsFile, options.files),
	);
	const operator = await readNamedKey("nats.external.operatorSeedFile", operatorSeedFile, "O", options.files);
	const access = { servers: () => servers, authenticator: async () => authenticator, secured: parts.secured };
	const push = pushToCluster(access, parts.accountId, operator);
	return (publicKeys) => parts.revocations.add(publicKeys, push);
}

/** The coordinator's own user: everything in the application's account. It never leaves this machine, so it does not expire. */
function coordinatorJwt(keys: BusKeys): Promise<string> {
	return encodeUser("coordinator", keys.coordinator, keys.account, { bearer_token: false });
}

async function systemUser(keys: BusKeys): Promise<Authenticator> {
	return userAuthenticator(await systemJwt(keys), keys.coordinator);
}

function systemJwt(keys: BusKeys): Promise<string> {
	return encodeUser("coordinator", keys.coordinator, keys.system, { bearer_token: false });
}

/** The same access as files, for `nats` tools and for further coordinators on this bus. */
async function writeCoordinatorCredentials(folder: string, keys: BusKeys, secrets: SecretFiles): Promise<void> {
	const files = { "coordinator.creds": await coordinatorJwt(keys), "system.creds": await systemJwt(keys) };
	for (const [name, jwt] of Object.entries(files))
		await secrets.write(join(folder, name), new TextDecoder().decode(fmtCreds(jwt, keys.coordinator)));
}

function connectOptions(options: OpenOptions): Pick<ConnectOptions, "name" | "onStatus"> {
	return {
		name: `coordinator ${options.coordinatorId}`,
		...(options.onStatus ? { onStatus: options.onStatus } : {}),
	};
}
