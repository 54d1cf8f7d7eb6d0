import type { Timestamp } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import { nextBeginning } from "./snapshots.ts";

const UNITS = [
	["d", 86_400_000],
	["h", 3_600_000],
	["min", 60_000],
	["s", 1000],
] as const;

/** A length of time in words: `14 s`, `3 min`, `2 h`. */
function spanText(ms: number): string {
	const [unit, size] = UNITS.find(([, length]) => ms >= length) ?? ["s", 1000];
	return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}

/** Where etcd falls back to when its majority is lost: `back to the snapshot of 14 s ago`. */
export function fallbackText(fleet: Fleet, at: Timestamp): string {
	const next = nextBeginning(fleet);
	if (next.from === "snapshot") return `back to the snapshot of ${spanText(at - next.snapshot.takenAt)} ago`;
	return next.from === "nothing"
		? "all of etcd's data is lost, since there is no snapshot"
		: "nothing comes back by itself: rollcall etcd restore says with what etcd begins";
}
