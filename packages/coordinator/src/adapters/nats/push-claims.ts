import { setTimeout as sleep } from "node:timers/promises";
import { type Account, type ClaimsData, decode, encodeAccount } from "@nats-io/jwt";
import { type Authenticator, connect, type NatsConnection } from "@nats-io/transport-node";
import type { Secured } from "./bus-tls.ts";
import { accountJwt, type Revoked } from "./claims.ts";
import type { BusKeys } from "./keys.ts";
import type { PushRevocations } from "./revocations.ts";
import type { SigningKey } from "./signing-key.ts";

const ATTEMPTS = 4;
const TIMEOUT_MS = 5_000;

/** How a user of the system account connects. */
export interface SystemAccess {
	readonly servers: () => readonly string[];
	readonly authenticator: () => Promise<Authenticator>;
	readonly secured: Secured;
}

/** Pushes the claims of an embedded server's account, which follow from the keys and the revocations alone. */
export function pushToEmbedded(access: SystemAccess, keys: BusKeys): PushRevocations {
	return (revoked) => asSystemUser(access, async (nc) => update(nc, await accountJwt(keys, revoked)));
}

/** Adds revocations to the claims that an existing cluster has for the account, and leaves everything else of them alone. */
export function pushToCluster(access: SystemAccess, accountId: string, operator: SigningKey): PushRevocations {
	return (revoked, expired) =>
		asSystemUser(access, async (nc) => {
			const found = await nc.request(`$SYS.REQ.ACCOUNT.${accountId}.CLAIMS.LOOKUP`, "", { timeout: TIMEOUT_MS });
			const claims = decode<Account>(found.string()) as ClaimsData<Account>;
			const revocations: Revoked = { ...claims.nats.revocations, ...revoked };
			const gone = new Set(expired);
			const account: Partial<Account> = {
				...claims.nats,
				revocations: Object.fromEntries(Object.entries(revocations).filter(([key]) => !gone.has(key))),
			};
			const validity = claims.exp === undefined ? {} : { exp: claims.exp };
			await update(nc, await encodeAccount(claims.name, accountId, account, { signer: operator, ...validity }));
		});
}

async function update(nc: NatsConnection, jwt: string): Promise<void> {
	const answer = await nc.request("$SYS.REQ.CLAIMS.UPDATE", jwt, { timeout: TIMEOUT_MS });
	const { data, error } = answer.json<{ data?: { code?: number }; error?: { description?: string } }>();
	if (error || data?.code !== 200) throw new Error(`the server refused: ${error?.description ?? answer.string()}`);
}

/** Rare enough for a connection of its own. A server that is just being started again is waited for. */
async function asSystemUser(access: SystemAccess, work: (nc: NatsConnection) => Promise<void>): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		try {
			const nc = await connect({
				servers: [...access.servers()],
				authenticator: await access.authenticator(),
				...access.secured,
				name: "rollcall claims",
				reconnect: false,
				timeout: TIMEOUT_MS,
			});
			try {
				return await work(nc);
			} finally {
				await nc.close();
			}
		} catch (error) {
			if (attempt === ATTEMPTS)
				throw new Error(
					`revoked credentials could not be cut off (${(error as Error).message}); the coordinator refuses them, and they end when they expire`,
					{ cause: error },
				);
			await sleep(250 * 2 ** attempt);
		}
	}
}
