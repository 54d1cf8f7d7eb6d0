import { type RememberedTargets, rememberTargets } from "../loop/remembered-targets.ts";
import { renderShared } from "../render/render-target.ts";
import { partOf, sharedKeys, sharedOf } from "../render/shared.ts";

/** Targets of the real renderer, remembered. */
export function renderedTargets(): RememberedTargets {
	return rememberTargets({ partOf, sharedOf, keyOf: sharedKeys(), render: renderShared });
}
