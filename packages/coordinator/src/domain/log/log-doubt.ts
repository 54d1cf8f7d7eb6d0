import type { EventDraft, LogFlaw, Timestamp } from "@rollcall/protocol";
import { etcdHolders } from "../etcd/members.ts";
import type { Fleet } from "../fleet.ts";

/** How long a coordinator whose log is lost or in doubt waits for agents to prove what they hold, in milliseconds. */
export const RECOVERY_MS = 15_000;
/** No log has anybody wait longer than that, in milliseconds, whoever wrote so. */
const MOST_RECOVERY_MS = 3_600_000;
/** After that time, and so much for who was only just noticed to be silent, a lease says who is there. */
const LEASES_SETTLE_MS = 5_000;
/** As many flaws are named in an event. */
const MOST_NAMED = 16;

/** Until when machines prove what they hold, as an event says it. */
export function recoveryOf({
	at,
	recoverUntil,
}: {
	readonly at: Timestamp;
	readonly recoverUntil: Timestamp;
}): Timestamp {
	return Math.min(recoverUntil, at + MOST_RECOVERY_MS);
}

/** The event by which the log comes into doubt. */
export function doubtLog(flaws: readonly LogFlaw[], checkedTo: number, at: Timestamp): EventDraft[] {
	if (flaws.length === 0) return [];
	const named = flaws.slice(0, MOST_NAMED);
	return [{ type: "log-doubted", flaws: named, total: flaws.length, checkedTo, recoverUntil: at + RECOVERY_MS }];
}

/**
 * The end of a doubt by what machines say: all that may hold etcd's memory are heard, on the boot that is known, so that the members are
 * those that the log knows now. What a program does not understand no machine can prove; a person decides.
 */
export function endDoubt(fleet: Fleet, at: Timestamp): EventDraft[] {
	const doubt = fleet.log?.doubt;
	if (!doubt || doubt.kinds.includes("unreadable") || at < fleet.recoverUntil + LEASES_SETTLE_MS) return [];
	const members = (fleet.etcd?.members ?? []).flatMap(({ machineId, removed }) => (removed ? [] : [machineId]));
	const holders = fleet.cluster ? etcdHolders(fleet).map(({ machineId }) => machineId) : [];
	const silent = [...members, ...holders].find((machineId) => fleet.machines.get(machineId)?.lease !== "alive");
	if (silent !== undefined) return [];
	const reason = "every machine that may hold etcd's memory was heard";
	return [{ type: "log-accepted", by: "proofs", reason, cause: doubt.seq }];
}
