import { join } from "node:path";
import { encodeUser, fmtCreds } from "@nats-io/jwt";
import type { Authenticator } from "@nats-io/transport-node";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { asTls, toOwnServer } from "./bus-tls.ts";
import { serverClaims } from "./claims.ts";
import { connectBus } from "./connect.ts";
import { createCredentials, DEFAULT_LIFETIME_SECONDS } from "./credentials.ts";
import { type EmbeddedOptions, EmbeddedServer } from "./embedded-server.ts";
import { BUS_KEYS, type BusKeys, loadKeys, readNamedKey } from "./keys.ts";
import { connectOptions, endedWith, guardConnections, nextSigner, type OpenBus, type OpenOptions } from "./open-bus.ts";
import { pushToEmbedded } from "./push-claims.ts";
import { Revocations } from "./revocations.ts";
import { userAuthenticator } from "./signing-key.ts";

export type EmbeddedBusOptions = OpenOptions & Omit<EmbeddedOptions, "dataFolder">;

/** For how long the first connection to a server of our own is tried: it runs, and answers late only on a busy computer. In milliseconds. */
const OWN_SERVER_MS = 30_000;

/** Starts a nats-server of our own and connects to it. Its keys are in `<dataFolder>/keys`. Throws an Error that says what is wrong. */
export async function openEmbedded(options: EmbeddedBusOptions): Promise<OpenBus> {
	const folder = join(options.dataFolder, "keys");
	const keys: BusKeys = await loadKeys(folder, BUS_KEYS, options.files);
	const lifetimeSeconds = options.lifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS;
	const revocations = await Revocations.open(join(folder, "revocations.json"), { lifetimeSeconds, now: options.now });
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
			now: options.now,
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
