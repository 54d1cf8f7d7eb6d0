import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING } from "./verdict.ts";
import { sameWords } from "./words.ts";

/** The API's state is recorded when it changes. Until it was ready once, it is on its way and no news. */
export function apiSeen(fleet: Fleet, { ready, reason }: InputOf<"api-seen">): Verdict {
	const known = fleet.kubernetes;
	if (!known && !ready) return NOTHING;
	if (known?.ready === ready && (ready || sameWords(known.reason, reason))) return NOTHING;
	return accept([{ type: "api-changed", ready, reason: ready ? "" : reason.slice(0, 1024) }]);
}
