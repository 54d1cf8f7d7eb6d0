import { AbsolutePath, BootId, Digest, MachineId, Name, UnitName, UserPublicKey } from "@rollcall/protocol";
import { z } from "zod";

const FileChange = z.strictObject({ path: AbsolutePath, kind: z.enum(["write", "remove"]), existed: z.boolean() });

/** `identity.json`: see `Identity` in ports. */
export const IdentityFile = z.strictObject({
	bootId: BootId,
	seed: z.string().regex(/^SU[A-Z2-7]{56}$/),
	publicKey: UserPublicKey,
	joined: z
		.strictObject({
			machineId: MachineId,
			jwt: z.string(),
			servers: z.array(z.string()).min(1),
			renewAt: z.number(),
			renewEveryMs: z.number(),
		})
		.optional(),
});

/** `ledger.json`: see `Ledger` in ports. */
export const LedgerFile = z.strictObject({
	files: z.array(AbsolutePath),
	folders: z.array(AbsolutePath),
	units: z.array(UnitName),
	open: z
		.strictObject({
			phase: z.enum(["staging", "swapped", "restoring"]),
			changes: z.array(FileChange),
			folders: z.array(AbsolutePath),
		})
		.optional(),
});

/** `credentials.json`: see `Credentials` in domain. */
export const CredentialsFile = z.strictObject({
	certificates: z.array(
		z.strictObject({ name: Name, request: Digest, key: z.string(), certificate: z.string(), renewAt: z.number() }),
	),
	secrets: z.array(z.strictObject({ name: Name, revision: Digest, content: z.string() })),
});
