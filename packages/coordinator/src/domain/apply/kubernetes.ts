import type { EventOf } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import { changeMachine } from "./touch.ts";

export function applyNodeChanged(fleet: Fleet, event: EventOf<"node-changed">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.seat && machine.bootId === event.bootId ? { ...machine, node: event.node ?? undefined } : undefined,
	);
}

export function applyApiChanged(fleet: Fleet, { ready, reason }: EventOf<"api-changed">): Fleet {
	return { ...fleet, kubernetes: { ...fleet.kubernetes, ready, reason } };
}

export function applyAddOnsApplied(fleet: Fleet, { digest, at }: EventOf<"add-ons-applied">): Fleet {
	const { addOnsTrouble: _, ...standing } = fleet.kubernetes ?? { ready: true, reason: "" };
	return { ...fleet, kubernetes: { ...standing, addOns: { digest, at } } };
}

export function applyAddOnsFailed(fleet: Fleet, { reason }: EventOf<"add-ons-failed">): Fleet {
	const standing = fleet.kubernetes ?? { ready: true, reason: "" };
	return { ...fleet, kubernetes: { ...standing, addOnsTrouble: reason } };
}

export function applyManifestsNamed(fleet: Fleet, { digest, coordinatorId, prune }: EventOf<"manifests-named">): Fleet {
	const { manifestsDiffer: _, ...standing } = fleet.kubernetes ?? { ready: true, reason: "" };
	return { ...fleet, kubernetes: { ...standing, manifests: { digest, coordinatorId, prune } } };
}

export function applyManifestsDiffer(fleet: Fleet, event: EventOf<"manifests-differ">): Fleet {
	const { digest, objects, coordinatorId, missing, total } = event;
	const standing = fleet.kubernetes ?? { ready: true, reason: "" };
	return {
		...fleet,
		kubernetes: { ...standing, manifestsDiffer: { digest, objects, coordinatorId, missing, total } },
	};
}

export function applyClaimsWaiting(fleet: Fleet, { claims, total }: EventOf<"claims-waiting">): Fleet {
	const { claims: _, ...standing } = fleet.kubernetes ?? { ready: true, reason: "" };
	return { ...fleet, kubernetes: total === 0 ? standing : { ...standing, claims: { claims, total } } };
}
