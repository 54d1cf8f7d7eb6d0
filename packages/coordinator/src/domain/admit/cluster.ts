import type { Timestamp } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { doubtLog } from "../log/log-doubt.ts";
import { toldOf } from "../log/log-room.ts";
import { circleRefusal } from "../seats/name-refusal.ts";
import { accept, NOTHING, refuse } from "./verdict.ts";

/**
 * The operator declares the cluster. The same document again is nothing. Another name is another cluster, which must not begin
 * with what is just being restored for this one.
 */
export function declare(fleet: Fleet, { document, digest, by, base, acceptLoss }: InputOf<"declare">): Verdict {
	const inForce = fleet.cluster?.digest ?? null;
	if (base !== undefined && base !== inForce) {
		const what = fleet.cluster ? `${inForce} is in force since event ${fleet.cluster.seq}` : "no document is in force";
		return refuse({
			code: "conflict",
			message: `the cluster document changed meanwhile: ${what}, not ${base ?? "none"}`,
			path: "base",
			next: "look at what is declared now (`rollcall cluster`), and plan again",
		});
	}
	if (inForce === digest) return NOTHING;
	const restoring = fleet.snapshots?.restoring?.snapshot;
	if (restoring && restoring.cluster !== document.name) {
		return refuse({
			code: "conflict",
			message: `etcd of cluster ${restoring.cluster} is being restored; ${document.name} would begin with its state`,
			path: "name",
			next: "wait until etcd runs on most of its machines (rollcall etcd), or give the restoring up: rollcall etcd restore none",
		});
	}
	const circle = circleRefusal(fleet, document);
	if (circle) return refuse(circle);
	const accepted = acceptLoss === "etcd" ? { acceptLoss } : {};
	return accept([{ type: "cluster-declared", document, digest, by, ...accepted }]);
}

/** The loop found something wrong with the log. */
export function logFlawed(_fleet: Fleet, { flaws, checkedTo }: InputOf<"log-flawed">, at: Timestamp): Verdict {
	return accept(doubtLog(flaws, checkedTo, at));
}

/** Older entries were taken out. */
export function logCompacted(_fleet: Fleet, input: InputOf<"log-compacted">): Verdict {
	const { before, entries, unasked } = input;
	return accept([{ type: "log-compacted", before, entries, ...(unasked ? { unasked } : {}) }]);
}

/** How full the log is was measured. Told at some shares of it. */
export function logMeasured(fleet: Fleet, { bytes, maxBytes }: InputOf<"log-measured">): Verdict {
	const percent = Math.min(100, Math.floor((bytes * 100) / maxBytes));
	if (toldOf(fleet.log?.filled?.percent, percent) === undefined) return NOTHING;
	return accept([{ type: "log-filling", percent, bytes, maxBytes }]);
}

/** An operator says that it goes on as it is; not before machines had time to prove what they hold. */
export function logAccept(fleet: Fleet, { by }: InputOf<"log-accept">, at: Timestamp): Verdict {
	const doubt = fleet.log?.doubt;
	if (!doubt)
		return refuse({
			code: "conflict",
			message: "the event log is not in doubt",
			next: "there is nothing to accept; `rollcall status` says when there is",
		});
	if (at < fleet.recoverUntil) {
		const seconds = Math.ceil((fleet.recoverUntil - at) / 1000);
		return refuse({
			code: "not-ready",
			message: "machines may still prove what the event log does not know",
			next: `ask again in ${seconds} s`,
		});
	}
	return accept([{ type: "log-accepted", by, reason: "a person looked at it", cause: doubt.seq }]);
}
