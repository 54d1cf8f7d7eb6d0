import { canonicalJson, type Digest, sha256Of, type Trust } from "@rollcall/protocol";
import { livingMembers } from "../domain/etcd.ts";
import type { Fleet } from "../domain/fleet.ts";
import { type RememberedTargets, rememberTargets } from "../loop/remembered-targets.ts";
import { membersOf } from "../render/members.ts";
import { renderTarget } from "../render/render-target.ts";

/** Targets of the real renderer, remembered. */
export function renderedTargets(): RememberedTargets {
	return rememberTargets(renderTarget, sharedByTargets());
}

/**
 * What a target takes from other machines, as a text: only who the members of the control plane are, and whom all believe. The
 * trust goes by its content: what was rendered for a change that never reached the log must not be taken for another
 * coordinator's change, which has the same number.
 */
export function sharedByTargets(): (fleet: Fleet) => string {
	const digests = new WeakMap<Trust, Digest>();
	const digestOf = (trust: Trust): Digest => {
		const digest = digests.get(trust) ?? sha256Of(canonicalJson(trust));
		digests.set(trust, digest);
		return digest;
	};
	return (fleet) =>
		canonicalJson([
			membersOf(fleet, "control-plane"),
			membersOf(fleet, "etcd"),
			fleet.trust ? digestOf(fleet.trust.trust) : "",
			livingMembers(fleet),
		]);
}
