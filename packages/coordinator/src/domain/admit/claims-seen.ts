import { canonicalJson } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING } from "./verdict.ts";

/** As many claims are named in an event. */
const MOST_NAMED = 16;

/** Claims that wait for ever are recorded when they are others than before; that nobody waits, only after somebody did. */
export function claimsSeen(fleet: Fleet, { waiting }: InputOf<"claims-seen">): Verdict {
	const now = { claims: waiting.slice(0, MOST_NAMED), total: waiting.length };
	const known = fleet.kubernetes?.claims ?? { claims: [], total: 0 };
	if (canonicalJson(known) === canonicalJson(now)) return NOTHING;
	return accept([{ type: "claims-waiting", ...now }]);
}
