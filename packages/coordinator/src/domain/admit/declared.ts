import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, refuse } from "./verdict.ts";

/** As many objects of manifests are named in an event. */
const MOST_NAMED = 16;

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
	const accepted = acceptLoss === "etcd" ? { acceptLoss } : {};
	return accept([{ type: "cluster-declared", document, digest, by, ...accepted }]);
}

/**
 * Whether the manifests of the leader's folder count. They do where they are those that are named; on the coordinator on which those were found
 * others are named by themselves, as long as nothing that is in the cluster is missing. Everything else is told, and waits for a person.
 */
export function manifestsSeen(fleet: Fleet, input: InputOf<"manifests-seen">): Verdict {
	const { digest, objects, coordinatorId, missing } = input;
	const { manifests: known, manifestsDiffer: told } = fleet.kubernetes ?? {};
	const named = { type: "manifests-named", digest, objects, coordinatorId, by: coordinatorId } as const;
	if (known?.digest === digest) {
		if (known.coordinatorId === coordinatorId && !told) return NOTHING;
		return accept([{ ...named, prune: known.prune }]);
	}
	if (missing.length === 0) {
		if (!known && objects === 0) return NOTHING;
		if (!known || known.coordinatorId === coordinatorId) return accept([{ ...named, prune: false }]);
	}
	if (told?.digest === digest && told.coordinatorId === coordinatorId && told.total === missing.length) return NOTHING;
	const { length: total } = missing;
	return accept([
		{ type: "manifests-differ", digest, objects, coordinatorId, missing: missing.slice(0, MOST_NAMED), total },
	]);
}

/** A person says that what was told to differ counts. */
export function manifestsAccept(fleet: Fleet, { by }: InputOf<"manifests-accept">): Verdict {
	const told = fleet.kubernetes?.manifestsDiffer;
	if (!told)
		return refuse({
			code: "conflict",
			message: "the leader's manifests are those that count",
			next: "there is nothing to accept",
		});
	const { digest, objects, coordinatorId } = told;
	return accept([{ type: "manifests-named", digest, objects, coordinatorId, prune: true, by }]);
}
