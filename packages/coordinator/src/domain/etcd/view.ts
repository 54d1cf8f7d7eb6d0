import { dateText, type EtcdSnapshotView, type EtcdView, type Timestamp } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import { livingMembers } from "./members.ts";
import { etcdRisk } from "./risk.ts";
import { nextBeginning, snapshotSettings } from "./snapshots.ts";
import { type KeptSnapshot, NO_SNAPSHOTS } from "./state.ts";

/** etcd and its snapshots, for operators. */
export function etcdView(fleet: Fleet, at: Timestamp): EtcdView {
	const risk = etcdRisk(fleet, at);
	const document = fleet.cluster?.document;
	const { kept, choice, restoring, trouble } = fleet.snapshots ?? NO_SNAPSHOTS;
	return {
		...(document ? { cluster: document.name } : {}),
		members: livingMembers(fleet).map(({ nodeName, votes }) => ({ nodeName, votes })),
		next: nextBeginning(fleet).from,
		...(risk === undefined ? {} : { risk }),
		...(choice ? { choice: choice === "none" ? ("none" as const) : ("snapshot" as const) } : {}),
		...(restoring ? { restoring: restoring.snapshot.sha256 } : {}),
		...(trouble === undefined ? {} : { trouble }),
		declared: document ? snapshotSettings(document) : "none",
		snapshots: kept.map((one) => snapshotView(fleet, one)).reverse(),
	};
}

/** A snapshot of etcd as people are shown it, and whether etcd would begin with it. */
export function snapshotView(
	fleet: Fleet,
	{ sha256, sizeBytes, revision, takenAt, cluster, ...rest }: Omit<KeptSnapshot, "detached"> & { detached?: boolean },
): EtcdSnapshotView {
	const next = nextBeginning(fleet);
	return {
		sha256,
		sizeBytes,
		revision,
		takenAt: dateText(takenAt),
		cluster,
		next: next.from === "snapshot" && next.snapshot.sha256 === sha256,
		detached: rest.detached ?? false,
	};
}
