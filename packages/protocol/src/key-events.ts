import { z } from "zod";
import { CERTIFICATE_LIMITS } from "./certificates/target.ts";
import { Authority, IssuedCertificate, MOST_CONFIRMED, Trust } from "./certificates/trust.ts";
import { BootId, Digest, Generation, MachineId, UserPublicKey } from "./ids.ts";

const by = z.string().max(128);
const machineId = MachineId;
const bootId = BootId;
const reason = z.string().max(1024);

/** What happens to the fleet's keys, and to certificates. */
export const KEY_EVENT_PAYLOADS = {
	/** A machine is in other hands, says a person: this boot is over, and no other comes in until a person admits the machine. `keys`: what it held, and what is to be believed no more. */
	"machine-compromised": z.strictObject({
		machineId,
		bootId,
		publicKey: UserPublicKey,
		keys: z.array(Digest).max(32),
		by,
		reason,
	}),
	/** Whom the fleet's machines believe from now on. Public keys and certificates only. */
	"trust-changed": z.strictObject({ trust: Trust, reason }),
	/** Whom clients of the coordinators' listeners are to believe from now on, and which of these authorities signs. Certificates only. */
	"listeners-changed": z.strictObject({ listeners: Authority, reason }),
	/** Boots have confirmed that they believe exactly those who were named in the event `since`. */
	"listeners-believed": z.strictObject({
		since: z.int().min(0),
		machines: z.array(z.strictObject({ machineId, bootId })).min(1).max(MOST_CONFIRMED),
	}),
	/** All Secrets of the cluster were written anew with the key that encrypts them now; older ones are not needed any more. */
	"secrets-rewritten": z.strictObject({ key: Digest, secrets: z.int().min(0) }),
	/** A machine got certificates for keys that it made itself. */
	"certificates-issued": z.strictObject({
		machineId,
		bootId,
		generation: Generation,
		certificates: z.array(IssuedCertificate).min(1).max(CERTIFICATE_LIMITS.certificates),
	}),
	/** An operator, or the coordinator for its own use, got a client certificate. */
	"operator-certificate-issued": z.strictObject({ certificate: IssuedCertificate, by }),
};
