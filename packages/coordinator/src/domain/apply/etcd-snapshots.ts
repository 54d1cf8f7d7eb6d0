import { type Digest, type EventOf, MAX_SNAPSHOTS } from "@rollcall/protocol";
import { begunNow, type EtcdMember } from "../etcd-members.ts";
import { type EtcdSnapshots, type KeptSnapshot, NO_SNAPSHOTS, nextBeginning } from "../etcd-snapshots.ts";
import type { Fleet, Machine } from "../fleet.ts";

export function applySnapshotTaken(fleet: Fleet, event: EventOf<"etcd-snapshot-taken">): Fleet {
	if (!fleet.etcd) return fleet;
	const { snapshot } = event;
	return withSnapshots(fleet, (now) => ({
		...now,
		kept: bounded([...now.kept, { ...snapshot, apart: false }]),
		revision: snapshot.revision,
		trouble: undefined,
	}));
}

export function applySnapshotFailed(fleet: Fleet, { reason }: EventOf<"etcd-snapshot-failed">): Fleet {
	return withSnapshots(fleet, (now) => ({ ...now, trouble: reason }));
}

export function applySnapshotsPruned(fleet: Fleet, { snapshots }: EventOf<"etcd-snapshots-pruned">): Fleet {
	if (!fleet.snapshots) return fleet;
	return withSnapshots(fleet, (now) => ({
		...now,
		kept: now.kept.filter(({ sha256 }) => !snapshots.includes(sha256)),
	}));
}

/** Whether this log continues what they are of, nobody can tell. */
export function applySnapshotsFound(fleet: Fleet, { snapshots }: EventOf<"etcd-snapshots-found">): Fleet {
	const found = snapshots.map((one): KeptSnapshot => ({ ...one, apart: true }));
	return withSnapshots(fleet, (now) => ({ ...now, kept: bounded([...found, ...now.kept]) }));
}

/**
 * Another choice while some began with an earlier one: what they made of it is in their memory, and must not meet what the others
 * make of this one. They count as taken out, and have to boot anew.
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

export function applyRestoring(fleet: Fleet, { snapshot, seq }: EventOf<"etcd-restoring">): Fleet {
	return withSnapshots(fleet, (now) => ({ ...now, restoring: { snapshot, seq }, trouble: undefined }));
}

/**
 * The choice was for this beginning. Apart is from now on what is of another life: all of it where etcd began with nothing, and
 * what was taken after the snapshot that it went back to.
 */
export function afterFounding({ kept, restoring }: EtcdSnapshots): EtcdSnapshots {
	const at = restoring ? kept.findIndex(({ sha256 }) => sha256 === restoring.snapshot.sha256) : -1;
	const continued = kept[at]?.apart === false;
	return {
		kept: kept.map((one, index) => ({ ...one, apart: index !== at && (one.apart || !continued || index > at) })),
	};
}

function withSnapshots(fleet: Fleet, change: (now: EtcdSnapshots) => EtcdSnapshots): Fleet {
	return { ...fleet, snapshots: change(fleet.snapshots ?? NO_SNAPSHOTS) };
}

/**
 * As many as may be, in the order in which they came; each once. The oldest of this life go first, and what is apart only when
 * nothing else but the newest is left: nobody can take that again.
 */
function bounded(all: readonly KeptSnapshot[]): readonly KeptSnapshot[] {
	const each = [...new Map<Digest, KeptSnapshot>(all.map((one) => [one.sha256, one])).values()];
	const older = each.slice(0, -1);
	const inTurn = [...older.filter(({ apart }) => !apart), ...older.filter(({ apart }) => apart)];
	const gone = new Set(inTurn.slice(0, Math.max(0, each.length - MAX_SNAPSHOTS)));
	return each.filter((one) => !gone.has(one));
}
