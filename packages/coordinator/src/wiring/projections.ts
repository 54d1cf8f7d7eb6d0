import type { Projections } from "../adapters/http/dependencies.ts";
import { parseDocument } from "../document/parse-document.ts";
import { describe } from "../domain/describe.ts";
import { planDocument } from "../domain/plan.ts";
import { stateDigest } from "../domain/snapshot.ts";
import { machineView } from "../domain/view.ts";
import { explain } from "../domain/why.ts";
import { addOnDigests } from "../render/addons/core-add-ons.ts";
import { renderTarget } from "../render/render-target.ts";

/** How the API shows the state: the pure functions of domain, document and render. */
export const projections: Projections = {
	parseDocument,
	machineView,
	why: explain,
	plan: (fleet, declared) => planDocument(fleet, declared, renderTarget, addOnDigests),
	target: (fleet, machine) => (machine.seat ? renderTarget(fleet, machine, machine.seat) : undefined),
	stateDigest,
	describe,
};
