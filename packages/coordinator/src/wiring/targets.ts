import { type RememberedTargets, rememberTargets } from "../loop/remembered-targets.ts";
import { renderShared } from "../render/render-target.ts";
import { sharedKeys, sharedOf } from "../render/shared.ts";

/** Targets of the real renderer, remembered. */
export function renderedTargets(): RememberedTargets {
	return rememberTargets({ sharedOf, keyOf: sharedKeys(), render: renderShared });
}
