import { z } from "zod";
import { Size } from "./selector.ts";

/** How often etcd's state is saved, and how much of it is kept on the coordinator. */
export const SnapshotSettings = z.strictObject({
	/** Between two snapshots: what a loss of power can cost. */
	everyMinutes: z.int().min(1).max(1440).default(5),
	/** So many are kept; the oldest goes first. */
	keep: z.int().min(1).max(48).default(12),
	/** All that are kept together are at most so large, and no single one is taken that is larger. */
	room: Size.pipe(z.int().min(2 ** 20)).default(4 * 2 ** 30),
});
export type SnapshotSettings = z.infer<typeof SnapshotSettings>;

/** etcd's state lies in RAM; snapshots of it lie with the coordinator. */
export const Etcd = z.strictObject({
	/** `none`: no snapshots are taken, and a loss of all power loses the cluster's state. */
	snapshots: z.union([z.literal("none"), SnapshotSettings]).prefault({}),
});
export type Etcd = z.infer<typeof Etcd>;
