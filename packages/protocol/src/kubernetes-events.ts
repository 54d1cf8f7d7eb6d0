import { z } from "zod";
import { BootId, Digest, MachineId } from "./ids.ts";
import { NodeState } from "./node-state.ts";
import { WaitingClaim } from "./waiting-claim.ts";

const by = z.string().max(128);
const machineId = MachineId;
const bootId = BootId;
const reason = z.string().max(1024);

/** Events about the cluster as its own API tells of it. A part of `EVENT_PAYLOADS`. */
export const KUBERNETES_EVENT_PAYLOADS = {
	/** How Kubernetes sees a machine's node, when that changes; null when it has no such node any more. */
	"node-changed": z.strictObject({ machineId, bootId, node: NodeState.nullable() }),
	/** The cluster's API became ready, or is not any more. Not being ready for the first time is no event. */
	"api-changed": z.strictObject({ ready: z.boolean(), reason }),
	/** Everything that the cluster's API is to hold is there. `drifted` was changed or removed by others and put right; `pruned` is not wanted any more. */
	"add-ons-applied": z.strictObject({
		digest: Digest,
		objects: z.int().min(0),
		drifted: z.array(z.string().max(512)).max(16),
		pruned: z.array(z.string().max(512)).max(16),
	}),
	/** It could not all be applied; tried again until it is. */
	"add-ons-failed": z.strictObject({ reason }),
	/**
	 * Which of the operator's own manifests count from now on, by the digest of all of them, and on which coordinator they were found. `prune`:
	 * a person says so, and what is not among them any more is removed.
	 */
	"manifests-named": z.strictObject({
		digest: Digest,
		objects: z.int().min(0),
		coordinatorId: z.string().max(64),
		prune: z.boolean(),
		by,
	}),
	/** The leader's folder has others than those that count: nothing of them is applied, and nothing removed. The first 16 of `total` that are missing. */
	"manifests-differ": z.strictObject({
		digest: Digest,
		objects: z.int().min(0),
		coordinatorId: z.string().max(64),
		missing: z.array(z.string().max(512)).max(16),
		total: z.int().min(0),
	}),
	/** Which claims wait for a volume that nobody makes, when that changes: at most 16 of `total`, sorted. */
	"claims-waiting": z.strictObject({ claims: z.array(WaitingClaim).max(16), total: z.int().min(0) }),
	/** Somebody had the cluster checked. interrupted: it was ended before its end. `first`: the first thing that is wrong, or empty. */
	"cluster-checked": z.strictObject({
		outcome: z.enum(["ok", "failed", "interrupted"]),
		nodes: z.int().min(0),
		findings: z.int().min(0),
		failed: z.int().min(0),
		first: reason,
		by,
	}),
};
