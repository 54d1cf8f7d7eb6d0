import type { EventOf } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";

export function applyLogStarted(fleet: Fleet, event: EventOf<"log-started">): Fleet {
	return { ...fleet, recoverUntil: event.recovering ? event.recoverUntil : fleet.recoverUntil };
}

export function applyLeader(fleet: Fleet, event: EventOf<"leader-elected">): Fleet {
	return { ...fleet, leader: { coordinatorId: event.coordinatorId, url: event.url, seq: event.seq } };
}

export function applyCluster(fleet: Fleet, event: EventOf<"cluster-declared">): Fleet {
	return {
		...fleet,
		cluster: { document: event.document, digest: event.digest, seq: event.seq, at: event.at },
	};
}
