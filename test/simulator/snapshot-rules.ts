import type { Fleet } from "@rollcall/coordinator/simulator";
import type { EtcdSnapshot, Event } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import type { World } from "./world.ts";

/** What a log says of snapshots, whatever becomes of it later. */
export function noteSnapshots({ snapshots }: World, event: Event): void {
	if (event.type === "etcd-snapshot-taken") snapshots.recorded.add(event.snapshot.sha256);
	if (event.type === "etcd-snapshots-found") for (const { sha256 } of event.snapshots) snapshots.recorded.add(sha256);
	if (event.type === "etcd-snapshots-pruned") for (const sha256 of event.snapshots) snapshots.forgotten.add(sha256);
}

/**
 * Of what a log ever recorded no file goes while that is in doubt, and none that is newer than all that it knows, but those of which it said so: that it knows
 * nothing of one may be since it went back. One that is older may go later, where entries were lost, and who heard that was ended before he told what lies there.
 */
export async function checkKept(world: World, by: Coordinator, removes: () => Promise<void>): Promise<void> {
	const { snapshots } = world;
	const before = snapshots.recordedHere();
	const newest = Math.max(0, ...(by.fleet?.snapshots?.kept ?? []).map(({ takenAt }) => takenAt));
	const isInDoubt = by.fleet?.log?.doubt !== undefined;
	await removes();
	const isGone = ({ sha256 }: EtcdSnapshot): boolean => !snapshots.has(sha256) && !snapshots.forgotten.has(sha256);
	const gone = before.find((one) => (isInDoubt || one.takenAt > newest) && isGone(one))?.sha256;
	const doubt = isInDoubt ? ", while its log is in doubt" : "";
	must(gone === undefined, "no snapshot goes that was recorded and not forgotten", () => `${by.name} ${gone}${doubt}`);
}

const HOUR_MS = 3_600_000;
/** So far snapshots reach back, one an hour. */
const HOURS = 24;

/** What is forgotten by itself leaves one snapshot of each hour of the last day. */
export function checkHours(before: Fleet, after: Fleet): void {
	const hours = (fleet: Fleet) => new Set(fleet.snapshots?.kept.map(({ takenAt }) => Math.floor(takenAt / HOUR_MS)));
	const [had, has] = [hours(before), hours(after)];
	const newest = Math.max(...had);
	const gone = [...had].find((hour) => hour >= newest - HOURS && !has.has(hour));
	must(gone === undefined, "snapshots reach back a day", () => `none is left of ${newest - (gone ?? 0)} hours ago`);
}
