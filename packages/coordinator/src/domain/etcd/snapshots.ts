import {
	type ClusterDocument,
	type Digest,
	type EtcdSnapshot,
	MAX_SNAPSHOTS,
	SnapshotSettings,
} from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import { areStoodIn, livingMembers } from "./members.ts";
import { isMemoryUnknown } from "./memory-unknown.ts";
import { voterCount } from "./quorum.ts";
import { type EtcdPeer, type KeptSnapshot, NO_SNAPSHOTS } from "./state.ts";
import { strandedMachines, strandedSnapshot } from "./stranded.ts";

/**
 * What etcd begins with when no memory is left. `ask`: only an operator can say it, since there are snapshots of which one may be meant, or the log does
 * not know whether memory of before lives.
 */
export type Beginning =
	| { readonly from: "snapshot"; readonly snapshot: EtcdSnapshot }
	| { readonly from: "nothing" }
	| { readonly from: "ask" };

/** What is declared about snapshots. */
export function snapshotSettings(document: ClusterDocument): "none" | SnapshotSettings {
	return document.etcd?.snapshots ?? SnapshotSettings.parse({});
}

/** True where snapshots of etcd are wanted, and the last one that was tried was taken. */
export function isReadOften({ cluster, snapshots }: Fleet): boolean {
	return cluster !== undefined && snapshotSettings(cluster.document) !== "none" && snapshots?.trouble === undefined;
}

/** What etcd begins with next, by the operator's choice and the snapshots that are kept. A snapshot of another cluster never counts. */
export function nextBeginning(fleet: Fleet): Beginning {
	const { kept, choice } = fleet.snapshots ?? NO_SNAPSHOTS;
	const cluster = fleet.cluster?.document.name;
	if (choice === "none") return { from: "nothing" };
	if (choice) return choice.cluster === cluster ? { from: "snapshot", snapshot: choice } : { from: "nothing" };
	const own = kept.filter((one) => one.cluster === cluster);
	const newest = own.findLast(({ detached }) => !detached);
	if (newest) {
		const { detached: _detached, ...snapshot } = newest;
		return { from: "snapshot", snapshot };
	}
	return { from: own.length > 0 || isMemoryUnknown(fleet) ? "ask" : "nothing" };
}

/** The snapshots whose files machines fetch now: the one that is being restored, and those of members that have not restored theirs yet. */
export function fetchedNow(fleet: Fleet): readonly EtcdSnapshot[] {
	const restoring = fleet.snapshots?.restoring?.snapshot;
	return [...(restoring ? [restoring] : []), ...livingMembers(fleet).flatMap(({ fetch }) => fetch ?? [])];
}

const HOUR_MS = 3_600_000;
/** Of so many hours, and of so many days, before the newest one the last snapshot of each is kept too. */
const KEPT_HOURS = 24;
const KEPT_DAYS = 7;

/**
 * The last snapshot of each of the latest hours and days before the newest one, by the hour and day of UTC. Of hours only as many as leave places for the
 * newest `keep` and the next one: the oldest that the log has no place for would be forgotten without a word, and that is one of a day.
 */
function spacedOut(own: readonly EtcdSnapshot[], { keep, places }: { keep: number; places: number }): Set<Digest> {
	const newest = new Set(own.slice(-keep).map(({ sha256 }) => sha256));
	const days = lastOfEach(own, { length: 24 * HOUR_MS, most: KEPT_DAYS }).filter((sha256) => !newest.has(sha256));
	const hours = lastOfEach(own, { length: HOUR_MS, most: KEPT_HOURS }).filter(
		(sha256) => !newest.has(sha256) && !days.includes(sha256),
	);
	const room = Math.max(0, places - 1 - keep - days.length);
	return new Set([...newest, ...days, ...hours.slice(Math.max(0, hours.length - room))]);
}

/** The last snapshot of each of so many spaces of time before that of the newest one, oldest first. */
function lastOfEach(own: readonly EtcdSnapshot[], { length, most }: { length: number; most: number }): Digest[] {
	const now = Math.floor((own.at(-1)?.takenAt ?? 0) / length);
	const last = new Map<number, Digest>();
	for (const { sha256, takenAt } of own) last.set(Math.floor(takenAt / length), sha256);
	return [...last].flatMap(([at, sha256]) => (at >= now - most && at < now ? [sha256] : []));
}

/** Snapshots that are to be forgotten, oldest first: more than are to be kept, or larger together than they may be. Never the newest, and none that is chosen or being fetched. */
export function prunable(fleet: Fleet): readonly Digest[] {
	const document = fleet.cluster?.document;
	const { kept, choice, restoring } = fleet.snapshots ?? NO_SNAPSHOTS;
	const settings = document && snapshotSettings(document);
	// While the log is in doubt, what it does not know of may be the newest.
	if (!document || !settings || settings === "none" || restoring || fleet.log?.doubt) return [];
	if (livingMembers(fleet).length === 0) return [];
	const own = kept.filter((one) => one.cluster === document.name && !one.detached);
	let count = own.length;
	let bytes = own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
	const needed = new Set(fetchedNow(fleet).map(({ sha256 }) => sha256));
	const spaced = spacedOut(own, { keep: settings.keep, places: MAX_SNAPSHOTS - (kept.length - own.length) });
	if (typeof choice === "object") needed.add(choice.sha256);
	const out: Digest[] = [];
	for (const { sha256, sizeBytes } of own.slice(0, -1)) {
		if (count <= settings.keep && bytes <= settings.room) break;
		if (needed.has(sha256)) continue;
		// Some reach further back, as long as there is room.
		if (spaced.has(sha256) && bytes <= settings.room) {
			count--;
			continue;
		}
		out.push(sha256);
		count--;
		bytes -= sizeBytes;
	}
	return out;
}

/** True when too many of etcd's members have lost their memory for a majority: whoever is left has no leader. */
function hasLostMajority(fleet: Fleet): boolean {
	const left = livingMembers(fleet).filter(({ votes }) => votes).length;
	return left > 0 && left * 2 <= voterCount(fleet);
}

/** Who can be asked for a snapshot: the voters that live, else those who proved that they hold etcd's memory. `leaderless`: too few for a leader, as far as is known. */
export function snapshotGivers(fleet: Fleet): {
	readonly givers: readonly Pick<EtcdPeer, "nodeName">[];
	readonly leaderless: boolean;
} {
	const voters = livingMembers(fleet).filter(({ votes }) => votes);
	const stranded = strandedMachines(fleet).flatMap(({ seat }) => seat ?? []);
	return { givers: [...voters, ...stranded], leaderless: stranded.length > 0 || hasLostMajority(fleet) };
}

/** The only memory that is known is kept once, when nobody else has proved any in time: of members that the log does not know it cannot tell whether anything is written. */
function strandedDueIn(fleet: Fleet, now: number): number {
	return strandedSnapshot(fleet) ? Number.POSITIVE_INFINITY : Math.max(0, fleet.recoverUntil - now);
}

/** The newest snapshot of the history that the log continues; `cluster`: only of the cluster with that name. */
export function newestSnapshot(fleet: Fleet, cluster?: string): KeptSnapshot | undefined {
	const { kept } = fleet.snapshots ?? NO_SNAPSHOTS;
	return kept.findLast((one) => !one.detached && (cluster === undefined || one.cluster === cluster));
}

/** How many milliseconds until a snapshot is due; undefined where none is to be taken now: etcd was not founded, or nobody lives that could give it. */
export function snapshotDueIn(fleet: Fleet, now: number): number | undefined {
	const document = fleet.cluster?.document;
	const settings = document && snapshotSettings(document);
	if (!document || !settings || settings === "none") return undefined;
	const voters = livingMembers(fleet).filter(({ votes }) => votes);
	// A log that was in doubt may say that a snapshot is being restored where that is long done.
	if (strandedMachines(fleet).length > 0) return strandedDueIn(fleet, now);
	if (fleet.snapshots?.restoring || voters.length === 0 || areStoodIn(fleet, voters)) return undefined;
	// What the members hold that are left is newer than any snapshot, and nothing is written any more.
	if (hasLostMajority(fleet)) return 0;
	const newest = newestSnapshot(fleet, document.name);
	// A clock that was set back must not keep the next one waiting.
	return newest && newest.takenAt <= now ? Math.max(0, newest.takenAt + settings.everyMinutes * 60_000 - now) : 0;
}
