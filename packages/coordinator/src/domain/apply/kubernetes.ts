import type { EventOf } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import { changeMachine } from "./touch.ts";

/** How Kubernetes sees a machine's node. */
export function applyNodeChanged(fleet: Fleet, event: EventOf<"node-changed">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.seat && machine.bootId === event.bootId ? { ...machine, node: event.node ?? undefined } : undefined,
	);
}

/** Whether the cluster's API answers, and why not. */
export function applyApiChanged(fleet: Fleet, { ready, reason }: EventOf<"api-changed">): Fleet {
	return { ...fleet, kubernetes: { ...fleet.kubernetes, ready, reason } };
}

/** The add-ons are applied; trouble with them is over. */
export function applyAddOnsApplied(fleet: Fleet, { digest, at }: EventOf<"add-ons-applied">): Fleet {
	const { addOnsTrouble: _, ...standing } = fleet.kubernetes ?? { ready: true, reason: "" };
	return { ...fleet, kubernetes: { ...standing, addOns: { digest, at } } };
}

/** What is wrong with the add-ons. */
export function applyAddOnsFailed(fleet: Fleet, { reason }: EventOf<"add-ons-failed">): Fleet {
	const standing = fleet.kubernetes ?? { ready: true, reason: "" };
	return { ...fleet, kubernetes: { ...standing, addOnsTrouble: reason } };
}

/** Which of the operator's manifests count. */
export function applyManifestsNamed(fleet: Fleet, { digest, coordinatorId, prune }: EventOf<"manifests-named">): Fleet {
	const { manifestsDiffer: _, ...standing } = fleet.kubernetes ?? { ready: true, reason: "" };
	return { ...fleet, kubernetes: { ...standing, manifests: { digest, coordinatorId, prune } } };
}

/** The leader's folder has other manifests than those that count. */
export function applyManifestsDiffer(fleet: Fleet, event: EventOf<"manifests-differ">): Fleet {
	const { digest, objects, coordinatorId, missing, total } = event;
	const standing = fleet.kubernetes ?? { ready: true, reason: "" };
	return {
		...fleet,
		kubernetes: { ...standing, manifestsDiffer: { digest, objects, coordinatorId, missing, total } },
	};
}

/** Which claims wait for a volume; none when `total` is 0. */
export function applyClaimsWaiting(fleet: Fleet, { claims, total }: EventOf<"claims-waiting">): Fleet {
	const { claims: _, ...standing } = fleet.kubernetes ?? { ready: true, reason: "" };
	return { ...fleet, kubernetes: total === 0 ? standing : { ...standing, claims: { claims, total } } };
}
