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
import type { Credentials } from "../../ports/credentials.ts";
import { isSignedBy, type SigningKey } from "./signing-key.ts";

/** A day: an agent renews after two thirds of it, so that a coordinator may be away for hours. */
export const DEFAULT_LIFETIME_SECONDS = 86_400;

/** An agent has two of its own and one for answers; the rest is room for what is under way. */
const MAX_SUBSCRIPTIONS = 32;

/** What issuing credentials needs. */
export interface CredentialsOptions {
	/** Signs users of the account: the account's own key or one of its signing keys. */
	readonly issuer: SigningKey;
	/** The account's public key. */
	readonly accountId: string;
	/** Signs assignments, answers and commands. */
	readonly assignments: SigningKey;
	/** Will sign them one day; agents are told of it before. */
	readonly nextSigner?: SigningKey | undefined;
	/** NATS URLs for agents. */
	readonly servers: readonly string[];
	readonly lifetimeSeconds: number;
	/** The date, in milliseconds since 1970, by which credentials expire. */
	readonly wall: () => number;
	/** The log's time, in milliseconds, by which they are issued and end before their time. */
	readonly now: () => number;
	readonly revoke: (publicKeys: readonly UserPublicKey[]) => Promise<void>;
}

/** Identities by signed JWTs: no server and no coordinator has to remember them. */
export function createCredentials(options: CredentialsOptions): Credentials {
	const { issuer, accountId, assignments, nextSigner, lifetimeSeconds, wall, now } = options;
	const signers = nextSigner ? [assignments, nextSigner] : [assignments];
	return {
		signers: signers.map(({ publicKey }) => publicKey),
		servers: options.servers,
		issue: async (machineId, bootId, publicKey) => ({
			jwt: await agentJwt(
				{ issuer, accountId, issuedAt: now(), endsAt: wall() + lifetimeSeconds * 1000 },
				{ machineId, bootId, publicKey },
			),
			expiresInSeconds: lifetimeSeconds,
		}),
		revoke: options.revoke,
		sign: (assignment) => ({
			assignment,
			signer: assignments.publicKey,
			signature: Buffer.from(assignments.sign(textOf(assignment))).toString("base64"),
		}),
		signText: (text) => Buffer.from(assignments.sign(new TextEncoder().encode(text))).toString("base64"),
		verify: (signed) => signers.some((key) => isOurs(key, signed)),
		isBy: isSignedBy,
	};
}

/**
 * A user JWT for one incarnation: allow lists only, not a bearer token (the key must be proven), for plain connections only. `endsAt` is a
 * date; `issuedAt` is of the log's time, since servers compare it with the end that a revocation names, and wall clocks are set and differ. In milliseconds.
 */
export async function agentJwt(
	by: { issuer: SigningKey; accountId: string; issuedAt: number; endsAt: number },
	incarnation: { machineId: MachineId; bootId: BootId; publicKey: UserPublicKey },
): Promise<string> {
	const { publish, subscribe } = agentPermissions(incarnation.machineId);
	const signedByAccount = by.issuer.publicKey === by.accountId;
	const jwt = await encodeUser(
		incarnation.machineId,
		incarnation.publicKey,
		signedByAccount ? by.issuer : by.accountId,
		{
			pub: { allow: publish },
			sub: { allow: subscribe },
			bearer_token: false,
			subs: MAX_SUBSCRIPTIONS,
			allowed_connection_types: ["STANDARD"],
			tags: [`boot:${incarnation.bootId}`],
		},
		{
			exp: Math.floor(by.endsAt / 1000),
			...(signedByAccount ? {} : { signer: by.issuer }),
		},
	);
	return withIssuedAt(jwt, by.issuedAt, by.issuer);
}

/** The same JWT as of another time: the library takes the date of the process. */
function withIssuedAt(jwt: string, issuedAt: number, signer: SigningKey): string {
	const [header = "", claims = ""] = jwt.split(".");
	const read = JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as object;
	const changed = JSON.stringify({ ...read, iat: Math.floor(issuedAt / 1000) });
	const signed = `${header}.${Buffer.from(changed).toString("base64url")}`;
	return `${signed}.${Buffer.from(signer.sign(Buffer.from(signed))).toString("base64url")}`;
}

function textOf(assignment: Assignment): Uint8Array {
	return new TextEncoder().encode(assignmentText(assignment));
}

function isOurs(key: SigningKey, signed: SignedAssignment): boolean {
	if (signed.signer !== key.publicKey) return false;
	const signature = Buffer.from(signed.signature, "base64");
	return signature.length === 64 && key.verify(textOf(signed.assignment), signature);
}
