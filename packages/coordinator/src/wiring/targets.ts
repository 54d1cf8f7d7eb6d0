import { messageOf } from "@rollcall/protocol";
import type { Seat } from "../domain/fleet.ts";
import type { Rendered, TargetMachine } from "../domain/observed.ts";
import { type RememberedTargets, rememberTargets } from "../loop/remembered-targets.ts";
import { renderShared } from "../render/render-target.ts";
import { partOf, sharedKeys, sharedOf } from "../render/shared.ts";

/** Targets of the real renderer, remembered. */
export function renderedTargets(): RememberedTargets {
	return rememberTargets({ partOf, sharedOf, keyOf: sharedKeys(), render: contained(renderShared) });
}

/** A renderer whose errors hold up the one machine that it was asked about, and no other. */
export function contained<Shared>(
	render: (shared: Shared, machine: TargetMachine, seat: Seat) => Rendered,
): typeof render {
	return (...about) => {
		try {
			return render(...about);
		} catch (error) {
			const why = messageOf(error);
			return {
				ok: false,
				reason: `its target could not be made, which is a fault of the coordinator: ${why}`,
				kind: "unfit",
			};
		}
	};
}
