import { canonicalJson, type Digest, sha256Of, type Trust } from "@rollcall/protocol";
import { begunNow, livingMembers } from "../domain/etcd-members.ts";
import { fetchedNow, nextBeginning } from "../domain/etcd-snapshots.ts";
import { etcdWait } from "../domain/etcd-wait.ts";
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
			restoringOf(fleet),
		]);
}

/** What a target takes from etcd's snapshots: the one that it begins with and where it is fetched, or why it must wait. */
function restoringOf(fleet: Fleet): readonly string[] {
	const { restoring } = fleet.snapshots ?? {};
	if (restoring) return [restoring.snapshot.sha256, fleet.leader?.url ?? ""];
	if (!fleet.etcd && !fleet.snapshots) return [];
	// Members that are slow still fetch it from who leads.
	if (fetchedNow(fleet).length > 0) return [fleet.leader?.url ?? "", etcdWait(fleet), ...takenOut(fleet)];
	const begun = begunNow(fleet).map(({ machineId }) => machineId);
	return [nextBeginning(fleet).from, etcdWait(fleet), ...begun, ...takenOut(fleet)];
}

function takenOut({ etcd }: Fleet): readonly string[] {
	return (etcd?.members ?? []).flatMap(({ bootId, removed }) => (removed === undefined ? [] : [bootId]));
}
