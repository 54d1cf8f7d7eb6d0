import { type ClusterDocument, type Digest, type EtcdSnapshot, SnapshotSettings } from "@rollcall/protocol";
import { livingMembers } from "./etcd-members.ts";
import type { Fleet } from "./fleet.ts";

/** A snapshot that is kept. `apart`: of a life of the cluster that this log does not continue; only an operator uses or removes it. */
export interface KeptSnapshot extends EtcdSnapshot {
	readonly apart: boolean;
}

/** What is known of etcd's snapshots. The files lie with the coordinator that leads. */
export interface EtcdSnapshots {
	/** Oldest first, at most `MAX_SNAPSHOTS`. */
	readonly kept: readonly KeptSnapshot[];
	/** What an operator wants etcd to begin with, the next time that no memory is left. Undefined: the newest. */
	readonly choice?: "none" | EtcdSnapshot | undefined;
	/** What etcd begins with just now; chosen once, so that all its machines get the same. */
	readonly restoring?: { readonly snapshot: EtcdSnapshot; readonly seq: number } | undefined;
	/** Revision of the newest that was taken since etcd began; of the same revision there is no need for another. */
	readonly revision?: number | undefined;
	/** Why none can be taken, or the one that is to be restored is not there. */
	readonly trouble?: string | undefined;
}

export const NO_SNAPSHOTS: EtcdSnapshots = { kept: [] };

/** What etcd begins with when no memory is left. `ask`: there are snapshots, and only an operator can say whether one of them is meant. */
export type Beginning =
	| { readonly from: "snapshot"; readonly snapshot: EtcdSnapshot }
	| { readonly from: "nothing" }
	| { readonly from: "ask" };

/** What is declared about snapshots. */
export function snapshotSettings(document: ClusterDocument): "none" | SnapshotSettings {
	return document.etcd?.snapshots ?? SnapshotSettings.parse({});
}

/** What the next beginning is, by what is kept and chosen. A snapshot of another cluster never counts. */
export function nextBeginning(fleet: Fleet): Beginning {
	const { kept, choice } = fleet.snapshots ?? NO_SNAPSHOTS;
	const cluster = fleet.cluster?.document.name;
	if (choice === "none") return { from: "nothing" };
	if (choice) return choice.cluster === cluster ? { from: "snapshot", snapshot: choice } : { from: "nothing" };
	const own = kept.filter((one) => one.cluster === cluster);
	const newest = own.findLast(({ apart }) => !apart);
	if (newest) {
		const { apart: _apart, ...snapshot } = newest;
		return { from: "snapshot", snapshot };
	}
	return { from: own.length > 0 ? "ask" : "nothing" };
}

/** The snapshots whose files machines need just now: the one that is restored, also by who is slower than most. */
export function fetchedNow(fleet: Fleet): readonly EtcdSnapshot[] {
	const restoring = fleet.snapshots?.restoring?.snapshot;
	return [...(restoring ? [restoring] : []), ...livingMembers(fleet).flatMap(({ fetch }) => fetch ?? [])];
}

/** Snapshots that are to be forgotten, oldest first: more than are to be kept, or larger together than they may be. Never the newest, and none that is chosen or being fetched. */
export function prunable(fleet: Fleet): readonly Digest[] {
	const document = fleet.cluster?.document;
	const { kept, choice, restoring } = fleet.snapshots ?? NO_SNAPSHOTS;
	const settings = document && snapshotSettings(document);
	if (!document || !settings || settings === "none" || restoring || livingMembers(fleet).length === 0) return [];
	const own = kept.filter((one) => one.cluster === document.name && !one.apart);
	let count = own.length;
	let bytes = own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
	const needed = new Set(fetchedNow(fleet).map(({ sha256 }) => sha256));
	if (typeof choice === "object") needed.add(choice.sha256);
	const out: Digest[] = [];
	for (const { sha256, sizeBytes } of own.slice(0, -1)) {
		if (count <= settings.keep && bytes <= settings.room) break;
		if (needed.has(sha256)) continue;
		out.push(sha256);
		count--;
		bytes -= sizeBytes;
	}
	return out;
}

/** How many milliseconds until a snapshot is due; undefined where none is to be taken now: etcd was not founded, or nobody lives that could give it. */
export function snapshotDueIn(fleet: Fleet, now: number): number | undefined {
	const document = fleet.cluster?.document;
	const settings = document && snapshotSettings(document);
	if (!document || !settings || settings === "none" || fleet.snapshots?.restoring) return undefined;
	const voters = livingMembers(fleet).filter(({ votes }) => votes);
	// Rehearsed machines run no etcd that could be asked.
	if (voters.length === 0 || voters.some(({ machineId }) => fleet.machines.get(machineId)?.facts.rehearsal))
		return undefined;
	const newest = fleet.snapshots?.kept.findLast(({ apart, cluster }) => !apart && cluster === document.name);
	// A clock that was set back must not keep the next one waiting.
	return newest && newest.takenAt <= now ? Math.max(0, newest.takenAt + settings.everyMinutes * 60_000 - now) : 0;
}

/** A snapshot for people: when it was taken, and how far it goes. */
export function snapshotText({ takenAt, revision, sha256 }: EtcdSnapshot): string {
	const at = new Date(Math.min(takenAt, 8.64e15)).toISOString();
	return `snapshot ${sha256.slice("sha256:".length, "sha256:".length + 12)} of ${at} (revision ${revision})`;
}
