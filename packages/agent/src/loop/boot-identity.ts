import type { EnrollReply, MachineId } from "@rollcall/protocol";
import type { Clock, Identity, Log, Memory, ServerTrust } from "../ports.ts";
import { createLateWriter } from "./write-later.ts";

/** A key pair, as `createKeys` makes it: an nkey seed and its public half. */
export interface Keys {
	readonly seed: string;
	readonly publicKey: string;
}

/** The identity of the agent in this boot, in memory and in its state folder. What cannot be written down counts as well, and is written when there is room. */
export interface BootIdentity {
	current(): Identity;
	machineId(): MachineId | undefined;
	/** Takes over the result of an enrollment. */
	joined(reply: EnrollReply): void;
	/** Takes a fresh JWT, and the nkeys whose signatures count from now on. */
	renewed(jwt: string, signers: readonly string[] | undefined): void;
	/** The public nkeys whose signatures count: those of the configuration, and those that they introduced. */
	signers(): readonly string[];
	/**
	 * Believes servers by these authorities (PEM) in place of those of before, for the rest of the boot. Returns what is wrong with them. Throws
	 * FilesError where that cannot be written down: the agent's next life has to believe them, too.
	 */
	believe(authority: string): string | undefined;
	/** True when two thirds of the JWT's life are over. */
	renewalDue(): boolean;
	/** Writes down what could not be written before. */
	catchUp(): void;
}

/** The identity of this boot: the kept one, or a new key pair when there is none or it is of another boot. */
export function openBootIdentity(
	parts: {
		memory: Pick<Memory, "identity" | "saveIdentity">;
		clock: Clock;
		log: Log;
		createKeys: () => Keys;
		signers: readonly string[];
		trust: ServerTrust;
	},
	bootId: Identity["bootId"],
): BootIdentity {
	const { memory, clock, log, trust } = parts;
	const kept = memory.identity();
	let identity: Identity = kept?.bootId === bootId ? kept : { bootId, ...parts.createKeys() };
	if (identity !== kept) memory.saveIdentity(identity);
	if (identity.authority !== undefined) trust.believe(identity.authority);
	const written = createLateWriter(log, "this boot's identity", () => memory.saveIdentity(identity));
	const keep = (next: Identity) => {
		identity = next;
		written.save();
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
		believe(authority) {
			const fault = trust.fault(authority);
			if (fault !== undefined) return fault;
			if (authority !== identity.authority) {
				const next = { ...identity, authority };
				memory.saveIdentity(next);
				identity = next;
				written.saved();
			}
			trust.believe(authority);
			return undefined;
		},
		renewalDue: () => identity.joined !== undefined && clock.sinceBoot() >= identity.joined.renewAt,
		catchUp: written.catchUp,
	};
}
