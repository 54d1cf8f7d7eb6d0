import type { Assignment, BootId, MachineId, SignedAssignment, UserPublicKey } from "@rollcall/protocol";

/** Identities on the bus and signatures on assignments. */
export interface Credentials {
	/** The nkeys whose signatures count: the one that signs now, and the one that is to follow it. */
	readonly signers: readonly UserPublicKey[];
	/** NATS URLs for agents. */
	readonly servers: readonly string[];
	/** A user JWT for exactly this incarnation, allow lists only (see `agentPermissions`). */
	issue(
		machineId: MachineId,
		bootId: BootId,
		publicKey: UserPublicKey,
	): Promise<{ jwt: string; expiresInSeconds: number }>;
	/** Ends what was issued to a key, open connections included. */
	revoke(publicKeys: readonly UserPublicKey[]): Promise<void>;
	sign(assignment: Assignment): SignedAssignment;
	/** The fleet's signature (Ed25519, base64) over a text. */
	signText(text: string): string;
	/** True when the signature is this fleet's own. */
	verify(signed: SignedAssignment): boolean;
	/** True when a signature (base64) over a text was made with the private half of a boot's key. */
	isBy(publicKey: UserPublicKey, text: string, signature: string): boolean;
}
