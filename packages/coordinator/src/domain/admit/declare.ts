import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING } from "./verdict.ts";

/** The operator declares the cluster. The same document again is nothing. */
export function declare(fleet: Fleet, { document, digest, by }: InputOf<"declare">): Verdict {
	if (fleet.cluster?.digest === digest) return NOTHING;
	return accept([{ type: "cluster-declared", document, digest, by }]);
}
