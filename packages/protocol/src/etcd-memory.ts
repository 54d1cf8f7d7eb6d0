import { z } from "zod";
import { BootId } from "./ids.ts";
import { AbsolutePath } from "./paths.ts";
import { UnitName } from "./unit-name.ts";

/** An id that etcd gives: 64 bits, decimal. */
export const EtcdId = z.string().regex(/^\d{1,20}$/, "an id of etcd is up to 20 decimal digits");

/**
 * Whose memory of etcd lies on a machine: the member and its cluster, as etcd wrote them at the head of its own log, and the boot in
 * whose RAM they lie. It is the content of the marker that the agent puts beside the data once, and never again in the same boot.
 */
export const EtcdMemory = z.strictObject({ memberId: EtcdId, clusterId: EtcdId, bootId: BootId });
export type EtcdMemory = z.infer<typeof EtcdMemory>;

/** True for the same memory. */
export function isSameMemory(a: EtcdMemory, b: EtcdMemory): boolean {
	return a.memberId === b.memberId && a.clusterId === b.clusterId && a.bootId === b.bootId;
}

/** The marker's name in etcd's data folder. */
export const ETCD_MARKER = "rollcall-member";

/**
 * What a target means for etcd's memory. That memory outlives targets: without a word here it stays as it is, whatever is applied,
 * taken back or reset.
 */
export const TargetMemory = z.strictObject({
	/** etcd's data lies at `path`, in a file system in RAM that `unit` mounts. The agent starts that unit, and never restarts it. */
	holds: z.strictObject({ unit: UnitName, path: AbsolutePath }).optional(),
	/** Memory that etcd knows no more. Where one of these lies on the machine, it goes once the target was applied. Not together with `holds`. */
	forgets: z.array(EtcdMemory).max(8).optional(),
});
export type TargetMemory = z.infer<typeof TargetMemory>;
