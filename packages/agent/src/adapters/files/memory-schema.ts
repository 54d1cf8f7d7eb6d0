import {
	AbsolutePath,
	BootId,
	Digest,
	EtcdMemory,
	Generation,
	MAX_POD_ROUTES,
	MachineId,
	Name,
	PodRoute,
	SignedAssignment,
	Target,
	TargetPodNetwork,
	UnitName,
	UserPublicKey,
} from "@rollcall/protocol";
import { z } from "zod";
import type { LostMemory } from "../../domain/etcd-memory.ts";

const FileChange = z.strictObject({ path: AbsolutePath, kind: z.enum(["write", "remove"]), existed: z.boolean() });

/** `identity.json`: see `Identity` in ports. */
export const IdentityFile = z.strictObject({
	bootId: BootId,
	seed: z.string().regex(/^SU[A-Z2-7]{56}$/),
	publicKey: UserPublicKey,
	authority: z.string().min(1).optional(),
	joined: z
		.strictObject({
			machineId: MachineId,
			jwt: z.string(),
			servers: z.array(z.string()).min(1),
			signers: z.array(UserPublicKey).max(4).default([]),
			renewAt: z.number(),
			renewEveryMs: z.number(),
		})
		.optional(),
});

/** `good.json` and `next.json`: see `Accepted` in ports. */
export const AcceptedFile = z.strictObject({ target: Target, proof: SignedAssignment });

/** `ledger.json`: see `Ledger` in ports. */
export const LedgerFile = z.strictObject({
	files: z.array(AbsolutePath),
	folders: z.array(AbsolutePath),
	units: z.array(UnitName),
	pending: z.array(AbsolutePath).optional(),
	open: z
		.strictObject({
			phase: z.enum(["staging", "swapped", "restoring"]),
			of: z.strictObject({ generation: Generation, digest: Digest }),
			changes: z.array(FileChange),
			folders: z.array(AbsolutePath),
			before: z.strictObject({ files: z.array(AbsolutePath), units: z.array(UnitName) }),
		})
		.optional(),
});

/** Earlier agents wrote a loss that nobody can name as that of member 0, an id that etcd never gives. */
const namedOrNot = (lost: EtcdMemory): LostMemory => (lost.memberId === "0" ? "unknown" : lost);

/** `etcd.json`: see `HeldMemory` in domain. */
export const HeldMemoryFile = z.strictObject({
	unit: UnitName,
	path: AbsolutePath,
	is: EtcdMemory.optional(),
	lost: z.union([z.literal("unknown"), EtcdMemory.transform(namedOrNot)]).optional(),
	unsure: z.literal(true).optional(),
});

/** `credentials.json`: see `Credentials` in domain. */
export const CredentialsFile = z.strictObject({
	certificates: z.array(
		z.strictObject({ name: Name, request: Digest, key: z.string(), certificate: z.string(), renewAt: z.number() }),
	),
	secrets: z.array(z.strictObject({ name: Name, revision: Digest, content: z.string() })),
});

/** `pod-network.json`: see `KeptPodNetwork` in ports. */
export const PodNetworkFile = z.strictObject({
	target: TargetPodNetwork.optional(),
	table: z.array(PodRoute).max(MAX_POD_ROUTES).optional(),
});
