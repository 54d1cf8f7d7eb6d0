import { type Account, encodeAccount, encodeOperator } from "@nats-io/jwt";
import type { BusKeys } from "./keys.ts";

/** Public key to the second of the log's time at which what was issued to it before ended: an account JWT's revocations. */
export type Revoked = Readonly<Record<string, number>>;

/** No limit anywhere but leaf nodes, of which there are none. With the defaults of 0 nobody could connect. */
const NO_LIMITS = {
	subs: -1,
	data: -1,
	payload: -1,
	imports: -1,
	exports: -1,
	wildcards: true,
	conn: -1,
	leaf: 0,
	disallow_bearer: true,
} as const;
const JETSTREAM_LIMITS = {
	mem_storage: -1,
	disk_storage: -1,
	streams: -1,
	consumer: -1,
	mem_max_stream_bytes: -1,
	disk_max_stream_bytes: -1,
	max_bytes_required: false,
	max_ack_pending: -1,
} as const;

/** What a server in operator mode must know: who vouches for whom (NATS JWT guide, "operator mode"). */
export interface ServerClaims {
	readonly operatorJwt: string;
	readonly systemAccount: string;
	/** Public key of an account to its JWT. */
	readonly accounts: Readonly<Record<string, string>>;
}

/** The claims of an embedded server, made anew at every start: the keys are the truth, the JWTs follow from them. */
export async function serverClaims(keys: BusKeys, revoked: Revoked): Promise<ServerClaims> {
	return {
		operatorJwt: await encodeOperator("rollcall", keys.operator, { system_account: keys.system.publicKey }),
		systemAccount: keys.system.publicKey,
		accounts: {
			[keys.system.publicKey]: await encodeAccount(
				"system",
				keys.system,
				{ limits: NO_LIMITS },
				{ signer: keys.operator },
			),
			[keys.account.publicKey]: await accountJwt(keys, revoked),
		},
	};
}

/** The application's account, in which coordinators and agents speak. */
export function accountJwt(keys: BusKeys, revoked: Revoked): Promise<string> {
	const account: Partial<Account> = {
		limits: { ...NO_LIMITS, ...JETSTREAM_LIMITS },
		...(Object.keys(revoked).length > 0 ? { revocations: { ...revoked } } : {}),
	};
	return encodeAccount("rollcall", keys.account, account, { signer: keys.operator });
}
