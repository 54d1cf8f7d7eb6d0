import { canonicalJson } from "@rollcall/protocol";
import { livingMembers } from "../domain/etcd.ts";
import { summaryOf, type TargetSummary } from "../domain/observed.ts";
import { rememberSummaries } from "../loop/summaries.ts";
import { membersOf } from "../render/members.ts";
import { renderTarget } from "../render/render-target.ts";

/** Summaries of the real renderer, remembered. A target takes from other machines only who the members of the control plane are, and whom all believe. */
export function renderedSummaries(): TargetSummary {
	return rememberSummaries(summaryOf(renderTarget), (fleet) =>
		canonicalJson([
			membersOf(fleet, "control-plane"),
			membersOf(fleet, "etcd"),
			fleet.trust?.seq ?? 0,
			livingMembers(fleet),
		]),
	);
}
