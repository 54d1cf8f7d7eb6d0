import { type Digest, type EventOf, MAX_SNAPSHOTS } from "@rollcall/protocol";
import { begunNow } from "../etcd/members.ts";
import { nextBeginning } from "../etcd/snapshots.ts";
import type { EtcdMember } from "../etcd/state.ts";
import { type EtcdSnapshots, type KeptSnapshot, NO_SNAPSHOTS } from "../etcd/state.ts";
import { strandedMachines } from "../etcd/stranded.ts";
import type { Fleet, Machine } from "../fleet.ts";

/**
 * What is taken of memory that was proved after the log was lost is detached: whether that is what etcd goes on with, a person says. Of a log that lost
 * the founding of etcd nothing is taken over otherwise: entries that forgot a snapshot may be lost as well.
 */
export function applySnapshotTaken(fleet: Fleet, { snapshot }: EventOf<"etcd-snapshot-taken">): Fleet {
	if (!fleet.etcd && strandedMachines(fleet).length === 0) return fleet;
	if (!fleet.etcd)
		return withSnapshots(fleet, (now) => ({
			...now,
			kept: bounded([...now.kept, { ...snapshot, detached: true }]),
			trouble: undefined,
		}));
	return withSnapshots(fleet, (now) => ({
		...now,
		kept: bounded([...now.kept, { ...snapshot, detached: false }]),
		revision: snapshot.revision,
		trouble: undefined,
	}));
}

/** Why there is no newer snapshot. */
export function applySnapshotFailed(fleet: Fleet, { reason }: EventOf<"etcd-snapshot-failed">): Fleet {
	return withSnapshots(fleet, (now) => ({ ...now, trouble: reason }));
}

/** Snapshots whose files were removed. */
export function applySnapshotsPruned(fleet: Fleet, { snapshots }: EventOf<"etcd-snapshots-pruned">): Fleet {
	if (!fleet.snapshots) return fleet;
	return withSnapshots(fleet, (now) => ({
		...now,
		kept: now.kept.filter(({ sha256 }) => !snapshots.includes(sha256)),
	}));
}

/** Takes over the snapshots of a log that was lost, detached: nobody can tell whether this log continues their history. */
export function applySnapshotsFound(fleet: Fleet, { snapshots }: EventOf<"etcd-snapshots-found">): Fleet {
	const found = snapshots.map((one): KeptSnapshot => ({ ...one, detached: true }));
	return withSnapshots(fleet, (now) => ({ ...now, kept: bounded([...found, ...now.kept]) }));
}

/**
 * Records what etcd is to begin with. Machines that began with an earlier choice hold its state in their memory, which must not
 * meet the state of this choice: they count as taken out, and have to boot anew.
 */
export function applyRestoreChosen(fleet: Fleet, { choice, seq }: EventOf<"etcd-restore-chosen">): Fleet {
	if (!fleet.cluster) return fleet;
	const chosen = choice.kind === "snapshot" ? choice.snapshot : choice.kind === "none" ? ("none" as const) : undefined;
	const before = beginsWith(fleet);
	const next = withSnapshots(fleet, (now) => ({ ...now, choice: chosen, restoring: undefined, trouble: undefined }));
	if (beginsWith(next) === before) return withSnapshots(fleet, (now) => ({ ...now, choice: chosen }));
	const spent = before === "ask" ? [] : begunNow(fleet).map(takenOut);
	if (spent.length === 0) return next;
	const others = (fleet.etcd?.members ?? []).filter((one) => !spent.some(({ bootId }) => bootId === one.bootId));
	return { ...next, etcd: { ...fleet.etcd, members: [...others, ...spent], seq } };
}

/** What etcd begins with, now or next, in one word. */
function beginsWith(fleet: Fleet): string {
	const next = nextBeginning(fleet);
	return fleet.snapshots?.restoring?.snapshot.sha256 ?? (next.from === "snapshot" ? next.snapshot.sha256 : next.from);
}

function takenOut({ machineId, bootId, seat }: Machine): EtcdMember {
	const nodeName = seat?.nodeName ?? "";
	return { machineId, bootId, nodeName, begun: "new", votes: false, cluster: [], removed: "done" };
}

/** What etcd is to begin with. */
export function applyRestoring(fleet: Fleet, { snapshot, seq }: EventOf<"etcd-restoring">): Fleet {
	return withSnapshots(fleet, (now) => ({ ...now, restoring: { snapshot, seq }, trouble: undefined }));
}

/**
 * Clears the choice; detaches snapshots of other histories: all of them where etcd began with nothing, else those that were
 * taken after the snapshot that etcd began with.
 */
export function afterFounding({ kept, restoring }: EtcdSnapshots): EtcdSnapshots {
	const at = restoring ? kept.findIndex(({ sha256 }) => sha256 === restoring.snapshot.sha256) : -1;
	const continued = kept[at]?.detached === false;
	return {
		kept: kept.map((one, index) => ({ ...one, detached: index !== at && (one.detached || !continued || index > at) })),
	};
}

function withSnapshots(fleet: Fleet, change: (now: EtcdSnapshots) => EtcdSnapshots): Fleet {
	return { ...fleet, snapshots: change(fleet.snapshots ?? NO_SNAPSHOTS) };
}

/**
 * Keeps at most `MAX_SNAPSHOTS`, each once, in the order in which they came. The oldest of this history go first. Detached
 * ones go when only the newest of this history is left beside them: nobody can take them again.
 */
function bounded(all: readonly KeptSnapshot[]): readonly KeptSnapshot[] {
	const each = [...new Map<Digest, KeptSnapshot>(all.map((one) => [one.sha256, one])).values()];
	const older = each.slice(0, -1);
	const firstToGo = [...older.filter(({ detached }) => !detached), ...older.filter(({ detached }) => detached)];
	const gone = new Set(firstToGo.slice(0, Math.max(0, each.length - MAX_SNAPSHOTS)));
	return each.filter((one) => !gone.has(one));
}
