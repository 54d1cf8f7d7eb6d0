import type { EtcdSnapshotView, EtcdView } from "@rollcall/protocol";
import { livingMembers } from "./etcd-members.ts";
import { type KeptSnapshot, NO_SNAPSHOTS, nextBeginning, snapshotSettings } from "./etcd-snapshots.ts";
import type { Fleet } from "./fleet.ts";

/** etcd and its snapshots, for operators. */
export function etcdView(fleet: Fleet): EtcdView {
	const document = fleet.cluster?.document;
	const { kept, choice, restoring, trouble } = fleet.snapshots ?? NO_SNAPSHOTS;
	return {
		...(document ? { cluster: document.name } : {}),
		members: livingMembers(fleet).map(({ nodeName, votes }) => ({ nodeName, votes })),
		next: nextBeginning(fleet).from,
		...(choice ? { choice: choice === "none" ? ("none" as const) : ("snapshot" as const) } : {}),
		...(restoring ? { restoring: restoring.snapshot.sha256 } : {}),
		...(trouble === undefined ? {} : { trouble }),
		declared: document ? snapshotSettings(document) : "none",
		snapshots: kept.map((one) => snapshotView(fleet, one)).reverse(),
	};
}

export function snapshotView(
	fleet: Fleet,
	{ sha256, sizeBytes, revision, takenAt, cluster, ...rest }: Omit<KeptSnapshot, "apart"> & { apart?: boolean },
): EtcdSnapshotView {
	const next = nextBeginning(fleet);
	return {
		sha256,
		sizeBytes,
		revision,
		takenAt: new Date(Math.min(takenAt, 8.64e15)).toISOString(),
		cluster,
		next: next.from === "snapshot" && next.snapshot.sha256 === sha256,
		apart: rest.apart ?? false,
	};
}
