import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING } from "./verdict.ts";
import { sameWords } from "./words.ts";

/** As many objects are named in an event. */
const MOST_NAMED = 16;

/** A round is recorded when it brought something about, when others are wanted than before, or when its trouble is new. */
export function addOns(fleet: Fleet, { outcome }: InputOf<"add-ons">): Verdict {
	const known = fleet.kubernetes;
	if (!outcome.ok) {
		if (sameWords(known?.addOnsTrouble, outcome.reason)) return NOTHING;
		return accept([{ type: "add-ons-failed", reason: outcome.reason.slice(0, 1024) }]);
	}
	const { digest, objects, drifted, pruned } = outcome;
	const isNews = drifted.length > 0 || pruned.length > 0 || known?.addOnsTrouble !== undefined;
	if (!isNews && known?.addOns?.digest === digest) return NOTHING;
	const named = (list: readonly string[]) => list.slice(0, MOST_NAMED).map((text) => text.slice(0, 512));
	return accept([{ type: "add-ons-applied", digest, objects, drifted: named(drifted), pruned: named(pruned) }]);
}
