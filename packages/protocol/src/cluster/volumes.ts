import { z } from "zod";
import { Host } from "./kubernetes.ts";

/** A mount option as nfs(5) has them: one word, or a name with a value. No comma: one that holds several could hide one. */
const MountOption = z
	.string()
	.max(128)
	.regex(/^[a-z][a-z0-9_]*(?:=[A-Za-z0-9.:_-]+)?$/, "a mount option is a word or name=value, like nfsvers=4.1");

/** A folder of a file server in which each claim gets a folder of its own. */
export const NfsVolumes = z.strictObject({
	/** The file server, as nodes reach it. */
	server: Host,
	/** The exported folder, as nodes mount it: with NFS 4, below the server's own root of exports. */
	path: z
		.string()
		.max(512)
		.regex(/^\/[A-Za-z0-9_@+./-]*$/, "a path is absolute and has letters, digits and _ @ + . - only"),
	/** Name of the StorageClass. */
	storageClass: z
		.string()
		.max(63)
		.regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, "a name has small letters, digits and dashes")
		.default("nfs"),
	/** Claims that name no class get a volume of this one. */
	default: z.boolean().default(true),
	/** What becomes of a claim's folder when the claim is deleted. */
	reclaimPolicy: z.enum(["Delete", "Retain"]).default("Delete"),
	mountOptions: z.array(MountOption).max(16).default(["nfsvers=4.1"]),
});
export type NfsVolumes = z.infer<typeof NfsVolumes>;

/** Where volumes of pods come from: machines without disks have none. Empty: nobody makes any, and that is meant. */
export const Volumes = z.strictObject({ nfs: NfsVolumes.optional() });
export type Volumes = z.infer<typeof Volumes>;
