import { encodeUser } from "@nats-io/jwt";
import {
	type Assignment,
	agentPermissions,
	assignmentText,
	type BootId,
	type MachineId,
	type SignedAssignment,
	type UserPublicKey,
} from "@rollcall/protocol";
import type { Credentials } from "../../ports.ts";
import type { SigningKey } from "./signing-key.ts";

/** A day: an agent renews after two thirds of it, so that a coordinator may be away for hours. */
export const DEFAULT_LIFETIME_SECONDS = 86_400;

export interface CredentialsOptions {
	/** Signs users of the account: the account's own key or one of its signing keys. */
	readonly issuer: SigningKey;
	/** The account's public key. */
	readonly accountId: string;
	/** Signs assignments. */
	readonly assignments: SigningKey;
	/** NATS URLs for agents. */
	readonly servers: readonly string[];
	readonly lifetimeSeconds: number;
	readonly revoke: (publicKeys: readonly UserPublicKey[]) => Promise<void>;
}

/** Identities by signed JWTs: no server and no coordinator has to remember them. */
export function createCredentials(options: CredentialsOptions): Credentials {
	const { issuer, accountId, assignments, lifetimeSeconds } = options;
	return {
		signer: assignments.publicKey,
		servers: options.servers,
		issue: async (machineId, bootId, publicKey) => ({
			jwt: await agentJwt({ issuer, accountId, lifetimeSeconds }, { machineId, bootId, publicKey }),
			expiresInSeconds: lifetimeSeconds,
		}),
		revoke: options.revoke,
		sign: (assignment) => ({
			assignment,
			signer: assignments.publicKey,
			signature: Buffer.from(assignments.sign(textOf(assignment))).toString("base64"),
		}),
		verify: (signed) => isOurs(assignments, signed),
	};
}

/** A user JWT for one incarnation: allow lists only, not a bearer token (the key must be proven), for plain connections only. */
export async function agentJwt(
	by: { issuer: SigningKey; accountId: string; lifetimeSeconds: number },
	incarnation: { machineId: MachineId; bootId: BootId; publicKey: UserPublicKey },
): Promise<string> {
	const { publish, subscribe } = agentPermissions(incarnation.machineId);
	const signedByAccount = by.issuer.publicKey === by.accountId;
	return encodeUser(
		incarnation.machineId,
		incarnation.publicKey,
		signedByAccount ? by.issuer : by.accountId,
		{
			pub: { allow: publish },
			sub: { allow: subscribe },
			bearer_token: false,
			allowed_connection_types: ["STANDARD"],
			tags: [`boot:${incarnation.bootId}`],
		},
		{
			exp: Math.floor(Date.now() / 1000) + by.lifetimeSeconds,
			...(signedByAccount ? {} : { signer: by.issuer }),
		},
	);
}

function textOf(assignment: Assignment): Uint8Array {
	return new TextEncoder().encode(assignmentText(assignment));
}

function isOurs(key: SigningKey, signed: SignedAssignment): boolean {
	if (signed.signer !== key.publicKey) return false;
	const signature = Buffer.from(signed.signature, "base64");
	return signature.length === 64 && key.verify(textOf(signed.assignment), signature);
}
