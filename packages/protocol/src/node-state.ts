import { z } from "zod";

/** How Kubernetes sees a node (core/v1 NodeStatus): its Ready condition, its version, and what it is short of. */
export const NodeState = z.strictObject({
	ready: z.boolean(),
	/** Why it is not ready, in Kubernetes' words; empty when it is. */
	reason: z.string().max(512),
	/** kubelet's version, like `v1.36.2`. */
	version: z.string().max(64),
	/** Conditions besides Ready that are not as they should be, like `MemoryPressure`. Sorted. */
	pressure: z.array(z.string().max(64)).max(16),
});
export type NodeState = z.infer<typeof NodeState>;
