import type { EnrollReply, MachineId } from "@rollcall/protocol";
import type { Clock, Identity, Memory } from "../ports.ts";

/** A key pair, as `createKeys` makes it: an nkey seed and its public half. */
export interface Keys {
	readonly seed: string;
	readonly publicKey: string;
}

/** Who the agent is, in memory and kept. */
export interface Passport {
	identity(): Identity;
	machineId(): MachineId | undefined;
	/** Takes what an enrollment gave. */
	joined(reply: EnrollReply): void;
	/** Takes a fresh JWT. */
	renewed(jwt: string): void;
	/** True when two thirds of the JWT's life are over. */
	renewalDue(): boolean;
}

/** The passport of this boot: the kept one, or a new key pair when there is none or it is of another boot. */
export function openPassport(
	parts: { memory: Memory; clock: Clock; createKeys: () => Keys },
	bootId: Identity["bootId"],
): Passport {
	const { memory, clock } = parts;
	const kept = memory.identity();
	let identity: Identity = kept?.bootId === bootId ? kept : { bootId, ...parts.createKeys() };
	if (identity !== kept) memory.saveIdentity(identity);
	const keep = (next: Identity) => {
		identity = next;
		memory.saveIdentity(next);
	};
	return {
		identity: () => identity,
		machineId: () => identity.joined?.machineId,
		joined({ machineId, jwt, servers, expiresInSeconds }) {
			const renewEveryMs = (expiresInSeconds * 1000 * 2) / 3;
			const renewAt = clock.monotonic() + renewEveryMs;
			keep({ ...identity, joined: { machineId, jwt, servers, renewAt, renewEveryMs } });
		},
		renewed(jwt) {
			const { joined } = identity;
			if (joined) keep({ ...identity, joined: { ...joined, jwt, renewAt: clock.monotonic() + joined.renewEveryMs } });
		},
		renewalDue: () => identity.joined !== undefined && clock.monotonic() >= identity.joined.renewAt,
	};
}
