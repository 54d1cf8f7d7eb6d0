import type { EventOf } from "@rollcall/protocol";
import { MAX_CLOCK_STEPS } from "../clocks/log-clock.ts";
import { movesEtcd } from "../etcd/moves.ts";
import type { Fleet } from "../fleet.ts";
import { recoveryOf } from "../log/log-doubt.ts";
import type { LogDoubt } from "../log/log-standing.ts";
import { withProvenMembers } from "./proven-members.ts";

/** A log begins. One that begins in recovery assigns nothing until then. */
export function applyLogStarted(fleet: Fleet, event: EventOf<"log-started">): Fleet {
	return { ...fleet, recoverUntil: event.recovering ? recoveryOf(event) : fleet.recoverUntil };
}

/** From this fill level on, in percent, the log is shown as filling up. */
const FILLED_FROM = 70;

/**
 * Doubts add up: the first one and its time stay, until they are over together. What a person accepted before says nothing of memory that machines
 * may hold by entries that are lost.
 */
export function applyLogDoubted(fleet: Fleet, event: EventOf<"log-doubted">): Fleet {
	const before = fleet.log?.doubt;
	const more = event.total > 1 ? `, and ${event.total - 1} more` : "";
	const doubt: LogDoubt = {
		seq: before?.seq ?? event.seq,
		at: before?.at ?? event.at,
		kinds: [...new Set([...(before?.kinds ?? []), ...event.flaws.map(({ kind }) => kind)])],
		reason: before?.reason ?? `${event.flaws[0]?.reason}${more}`,
	};
	const checkedTo = Math.max(event.checkedTo, fleet.log?.checkedTo ?? 0);
	return {
		...fleet,
		cluster: fleet.cluster?.acceptLoss ? { ...fleet.cluster, acceptLoss: undefined } : fleet.cluster,
		recoverUntil: Math.max(fleet.recoverUntil, recoveryOf(event)),
		log: { ...fleet.log, checkedTo, doubt },
	};
}

/** How full the log is; shown from a level on. */
export function applyLogFilling(fleet: Fleet, { percent, bytes, maxBytes }: EventOf<"log-filling">): Fleet {
	const filled = percent >= FILLED_FROM ? { percent, bytes, maxBytes } : undefined;
	return { ...fleet, log: { checkedTo: 0, ...fleet.log, filled } };
}

/** A person goes on with the log as it is: the doubt is over. */
export function applyLogAccepted(fleet: Fleet): Fleet {
	return fleet.log?.doubt ? { ...fleet, log: { ...fleet.log, doubt: undefined } } : fleet;
}

/** How far the log's time is ahead of the leader's clock since that was set, and no further than it is from 1970. The newest such steps are kept. */
export function applyClockStepped(fleet: Fleet, { at, aheadMs }: EventOf<"clock-stepped">): Fleet {
	return { ...fleet, clock: [...(fleet.clock ?? []), { at, aheadMs: Math.min(aheadMs, at) }].slice(-MAX_CLOCK_STEPS) };
}

/** Another coordinator leads. */
export function applyLeader(fleet: Fleet, event: EventOf<"leader-elected">): Fleet {
	return { ...fleet, leader: { coordinatorId: event.coordinatorId, url: event.url, seq: event.seq } };
}

/**
 * Another cluster, or etcd on machines of another role, begins without the memory that is there: where a person accepted that, it is of a
 * life that is over, and counts no more.
 */
export function applyCluster(fleet: Fleet, event: EventOf<"cluster-declared">): Fleet {
	const { document, digest, seq, at, acceptLoss } = event;
	const before = fleet.cluster;
	const etcdSince = movesEtcd(before?.document, document) ? seq : before?.etcdSince;
	const since = etcdSince === undefined ? {} : { etcdSince };
	const next: Fleet = {
		...fleet,
		cluster: { document, digest, seq, at, ...since, ...(acceptLoss ? { acceptLoss } : {}) },
	};
	if (!before) return withProvenMembers(next);
	if (!acceptLoss || !movesEtcd(fleet.cluster?.document, document)) return next;
	if (!fleet.etcd) return { ...next, founding: undefined };
	const members = fleet.etcd.members.map((one) => ({ ...one, removed: "done" as const }));
	return { ...next, founding: undefined, etcd: { members, seq } };
}
