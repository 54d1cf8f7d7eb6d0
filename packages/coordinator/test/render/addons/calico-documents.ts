import { coreAddOns } from "../../../src/render/addons/core-add-ons.ts";
import { renderTarget } from "../../../src/render/render-target.ts";
import { documentOf, fleetOf, labFacts } from "../fleet-of.ts";
import { readTree } from "../node-tree.ts";

/** A control plane and a worker. */
export const SLOTS =
	"slots: [{ name: control, role: control-plane, count: 1 }, { name: workers, role: worker, count: 1 }]";
/** The text of a document with Calico; `kubernetes` goes into that field, `more` takes the place of the slots. */
export const text = (kubernetes = "", more = SLOTS) => `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", podNetwork: calico${kubernetes} }
${more}
`;
/** What the API is to hold with such a document. */
export const addOns = (kubernetes = "", more = SLOTS) => coreAddOns(documentOf(text(kubernetes, more)));
/** For `more`: two IP versions. */
export const DUAL = `networks: { second: { pods: "fd00:10::/56", services: "fd00:20::/112" } }\n${SLOTS}`;

/** The tree of a node of such a document. */
export function tree(role: "control-plane" | "worker", kubernetes = "", more = SLOTS) {
	const { fleet, seated } = fleetOf(documentOf(text(kubernetes, more)), [labFacts(0), labFacts(1)]);
	const place = seated.find(({ seat }) => seat.role === role);
	const rendered = place && renderTarget(fleet, place.machine, place.seat);
	if (!rendered?.ok) throw new Error(rendered?.reason);
	return readTree(rendered.content);
}
