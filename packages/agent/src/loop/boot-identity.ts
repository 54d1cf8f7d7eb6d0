import type { EnrollReply, MachineId } from "@rollcall/protocol";
import type { Clock, Identity, Memory } from "../ports.ts";

/** A key pair, as `createKeys` makes it: an nkey seed and its public half. */
export interface Keys {
	readonly seed: string;
	readonly publicKey: string;
}

/** The identity of the agent in this boot, in memory and in its state folder. */
export interface BootIdentity {
	current(): Identity;
	machineId(): MachineId | undefined;
	/** Takes over the result of an enrollment. */
	joined(reply: EnrollReply): void;
	/** Takes a fresh JWT, and the nkeys whose signatures count from now on. */
	renewed(jwt: string, signers: readonly string[] | undefined): void;
	/** The public nkeys whose signatures count: those of the configuration, and those that they introduced. */
	signers(): readonly string[];
	/** True when two thirds of the JWT's life are over. */
	renewalDue(): boolean;
}

/** The identity of this boot: the kept one, or a new key pair when there is none or it is of another boot. */
export function openBootIdentity(
	parts: { memory: Memory; clock: Clock; createKeys: () => Keys; signers: readonly string[] },
	bootId: Identity["bootId"],
): BootIdentity {
	const { memory, clock } = parts;
	const kept = memory.identity();
	let identity: Identity = kept?.bootId === bootId ? kept : { bootId, ...parts.createKeys() };
	if (identity !== kept) memory.saveIdentity(identity);
	const keep = (next: Identity) => {
		identity = next;
		memory.saveIdentity(next);
	};
	return {
		current: () => identity,
		machineId: () => identity.joined?.machineId,
		signers: () => [...new Set([...parts.signers, ...(identity.joined?.signers ?? [])])],
		joined({ machineId, jwt, servers, signers, expiresInSeconds }) {
			const renewEveryMs = (expiresInSeconds * 1000 * 2) / 3;
			const renewAt = clock.sinceBoot() + renewEveryMs;
			keep({ ...identity, joined: { machineId, jwt, servers, signers, renewAt, renewEveryMs } });
		},
		renewed(jwt, signers) {
			const { joined } = identity;
			if (!joined) return;
			const renewAt = clock.sinceBoot() + joined.renewEveryMs;
			keep({ ...identity, joined: { ...joined, jwt, signers: signers ?? joined.signers, renewAt } });
		},
		renewalDue: () => identity.joined !== undefined && clock.sinceBoot() >= identity.joined.renewAt,
	};
}
