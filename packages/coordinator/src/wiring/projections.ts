import type { Projections } from "../adapters/http/dependencies.ts";
import { inDates } from "../domain/clocks/log-clock.ts";
import { stateDigest } from "../domain/snapshot.ts";
import { describe } from "../domain/views/describe.ts";
import { named } from "../domain/views/named.ts";
import { planDocument, planMachine } from "../domain/views/plan.ts";
import { machineView } from "../domain/views/view.ts";
import { explain } from "../domain/views/why.ts";
import { addOnDigests } from "../render/addons/core-add-ons.ts";
import { programSources } from "../render/programs.ts";
import { renderTarget } from "../render/render-target.ts";

/** How the API shows the state: the pure functions of domain and render. */
export const projections: Omit<Projections, "parseDocument"> = {
	machineView,
	why: explain,
	plan: (fleet, declared) => planDocument(fleet, declared, renderTarget, addOnDigests),
	planMachine: (fleet, input) => planMachine(fleet, input, renderTarget),
	target: (fleet, machine) => (machine.seat ? renderTarget(fleet, machine, machine.seat) : undefined),
	programs: ({ cluster }, { seat, facts }) =>
		seat && cluster ? programSources(seat.role, cluster.document, facts) : undefined,
	stateDigest,
	describe: (fleet, event) => named(fleet, describe(inDates(fleet, event))),
};
