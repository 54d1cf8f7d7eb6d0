import { canonicalJson } from "@rollcall/protocol";
import { livingMembers } from "../domain/etcd.ts";
import { type RememberedTargets, rememberTargets } from "../loop/remembered-targets.ts";
import { membersOf } from "../render/members.ts";
import { renderTarget } from "../render/render-target.ts";

/** Targets of the real renderer, remembered. A target takes from other machines only who the members of the control plane are, and whom all believe. */
export function renderedTargets(): RememberedTargets {
	return rememberTargets(renderTarget, (fleet) =>
		canonicalJson([
			membersOf(fleet, "control-plane"),
			membersOf(fleet, "etcd"),
			fleet.trust?.seq ?? 0,
			livingMembers(fleet),
		]),
	);
}
