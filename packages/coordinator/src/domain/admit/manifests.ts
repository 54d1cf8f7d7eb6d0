import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, refuse } from "./verdict.ts";

/** As many objects are named in an event. */
const MOST_NAMED = 16;

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
