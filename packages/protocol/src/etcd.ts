import { z } from "zod";
import { Digest, Name } from "./ids.ts";

/** So many snapshots of etcd are known at once, whatever is declared. */
export const MAX_SNAPSHOTS = 64;

const sizeBytes = z.int().min(0);

/**
 * A snapshot of etcd as the coordinator keeps it: encrypted, named by the SHA-256 of the encrypted file. No secret: the key is
 * only with the file.
 */
export const EtcdSnapshot = z.strictObject({
	sha256: Digest,
	sizeBytes,
	/** What the file holds once it is opened: etcd's own format. */
	content: z.strictObject({ sha256: Digest, sizeBytes }),
	/** etcd's revision when it was begun; it may hold a little more. */
	revision: z.int().min(0),
	/** Milliseconds since 1970, UTC. */
	takenAt: z.int().min(0),
	/** The cluster whose state it is. */
	cluster: Name,
	/** The keys that Secrets in it may be encrypted with, by the SHA-256 of themselves. */
	secretsKeys: z.array(Digest).max(4),
});
export type EtcdSnapshot = z.infer<typeof EtcdSnapshot>;

/** What etcd begins with when no memory is left: the newest snapshot, this one, or nothing. */
export const RestoreChoice = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("newest") }),
	z.strictObject({ kind: z.literal("none") }),
	z.strictObject({ kind: z.literal("snapshot"), snapshot: EtcdSnapshot }),
]);
export type RestoreChoice = z.infer<typeof RestoreChoice>;

/** A snapshot as the API lists it. Times are ISO 8601. */
export const EtcdSnapshotView = z.strictObject({
	sha256: Digest,
	sizeBytes,
	revision: z.int(),
	takenAt: z.string(),
	cluster: Name,
	/** True for the one that etcd would begin with now, if all memory were lost. */
	next: z.boolean(),
	/** From before the log began, or before etcd began empty: never taken by itself, never removed by itself. */
	detached: z.boolean(),
});
export type EtcdSnapshotView = z.infer<typeof EtcdSnapshotView>;

/** `GET /v1/etcd`: newest snapshot first. */
export const EtcdView = z.strictObject({
	cluster: Name.optional(),
	/** The nodes whose memory holds etcd's state; empty when none does. */
	members: z.array(z.strictObject({ nodeName: Name, votes: z.boolean() })),
	/** What etcd begins with when no memory is left. `ask`: nobody can tell but an operator. */
	next: z.enum(["snapshot", "nothing", "ask"]),
	/** What may be lost now, in one sentence; absent before etcd was founded. */
	risk: z.string().optional(),
	/** An operator's choice for the next beginning; absent: the newest. */
	choice: z.enum(["none", "snapshot"]).optional(),
	/** The snapshot that etcd begins with just now. */
	restoring: Digest.optional(),
	/** Why no snapshot can be taken or restored. */
	trouble: z.string().optional(),
	/** What is declared; `none` where no snapshots are taken. */
	declared: z.union([z.literal("none"), z.strictObject({ everyMinutes: z.int(), keep: z.int(), room: z.int() })]),
	snapshots: z.array(EtcdSnapshotView),
});
export type EtcdView = z.infer<typeof EtcdView>;

/** `POST /v1/etcd/snapshots`. `taken`: false when nothing had changed since the newest one. */
export const SnapshotReply = z.strictObject({ taken: z.boolean(), snapshot: EtcdSnapshotView });
export type SnapshotReply = z.infer<typeof SnapshotReply>;

/** `POST /v1/etcd/restore`: `newest`, `none`, or the unambiguous beginning of a snapshot's SHA-256. */
export const RestoreRequest = z.strictObject({
	from: z
		.string()
		.regex(
			/^(?:newest|none|(?:sha256:)?[0-9a-f]{4,64})$/,
			"newest, none, or at least 4 digits of the beginning of a snapshot's SHA-256",
		),
});
export type RestoreRequest = z.infer<typeof RestoreRequest>;
/** What the next beginning is from now on. `boot`: machines that have to boot anew first, since they began otherwise. */
export const RestoreReply = z.strictObject({
	next: EtcdView.shape.next,
	snapshot: EtcdSnapshotView.optional(),
	boot: z.array(z.string()),
});
export type RestoreReply = z.infer<typeof RestoreReply>;
/** `DELETE /v1/etcd/snapshots/{sha256}`. */
export const SnapshotForgotten = z.strictObject({ sha256: Digest });
export type SnapshotForgotten = z.infer<typeof SnapshotForgotten>;
/** `GET /v1/etcd/snapshots/{sha256}/content`: the encrypted file's bytes. */
export const SnapshotContent = z.string();
