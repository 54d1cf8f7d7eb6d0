import { join } from "node:path";
import type { Authenticator } from "@nats-io/transport-node";
import { makePrivateFolder } from "../../disk/atomic-write.ts";
import { ofSetting } from "../../disk/given-file.ts";
import { BusRefused } from "../../errors.ts";
import type { Credentials } from "../../ports/credentials.ts";
import { readBusAuthority, type Secured, toCluster } from "./bus-tls.ts";
import { type BusConnection, connectBus } from "./connect.ts";
import { createCredentials, DEFAULT_LIFETIME_SECONDS } from "./credentials.ts";
import { readCredentials } from "./credentials-file.ts";
import { loadKeys, readNamedKey } from "./keys.ts";
import { connectOptions, endedWith, guardConnections, nextSigner, type OpenBus, type OpenOptions } from "./open-bus.ts";
import { pushToCluster } from "./push-claims.ts";
import { requireJetStream } from "./require-jetstream.ts";
import { Revocations } from "./revocations.ts";
import { PATCHED_VERSIONS, tooOld, unpatched, versionIn } from "./server-versions.ts";

/** Servers that somebody else runs, and how to sign in there. */
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
	const revocations = await Revocations.open(join(folder, "revocations.json"), { lifetimeSeconds, now: options.now });
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
				now: options.now,
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
