import type { ClusterDocument } from "@rollcall/protocol";
import { sameJson, swappedUuid } from "@rollcall/protocol";
import type { Look } from "./drafts.ts";
import type { Fleet, Machine } from "./fleet.ts";
import { plausibleUuid } from "./identity/evidence.ts";
import { oncePer } from "./once-per.ts";
import { matches } from "./seats/selector.ts";

export type Declared = ClusterDocument["machines"][number];

/** Lets in the machines that the document names or whose rules mean them, and gives declared machines their labels. */
export function admission(fleet: Fleet): Look {
	const cluster = fleet.cluster;
	if (!cluster) return () => undefined;
	const { document } = cluster;
	const declaredFor = declarations(document);
	return (machine) => {
		const { machineId } = machine;
		const declared = declaredFor(machine);
		// The machine's own events are in its trail; what they do not show is which declaration let it in.
		const cause = cluster.seq;
		if (machine.approval === "waiting") {
			if (machine.contested !== undefined) return undefined;
			if (declared) {
				const basis = declared.byMac ? "document" : "facts";
				return { type: "machine-approved", machineId, by: "the cluster document", basis, cause };
			}
			const rule = document.approval.rules.find(({ selector }) => matches(selector, machine));
			const basis = Object.keys(rule?.selector.labels ?? {}).length > 0 ? "labels" : "facts";
			if (rule) return { type: "machine-approved", machineId, by: `rule ${rule.name}`, basis, cause };
		}
		if (!declared) return undefined;
		const labels = { ...machine.labels, ...declared.entry.labels };
		if (Object.keys(labels).length > 32 || sameJson(labels, machine.labels)) return undefined;
		return { type: "machine-labelled", machineId, labels, by: "the cluster document", cause };
	};
}

interface Index {
	readonly byKey: ReadonlyMap<string, Declared>;
	readonly byName: ReadonlyMap<string, Declared>;
}

/** Ten thousand machines may be declared, and every decision asks for some. */
const indexOf = oncePer((document: ClusterDocument): Index => {
	const byKey = new Map<string, Declared>();
	const byName = new Map<string, Declared>();
	for (const entry of document.machines) {
		const uuid = plausibleUuid(entry.uuid);
		// The kernel may show its bytes in the other order than whoever wrote it down.
		for (const key of [uuid, uuid && swappedUuid(uuid), entry.mac])
			if (key !== undefined && !byKey.has(key)) byKey.set(key, entry);
		if (entry.nodeName !== undefined) byName.set(entry.nodeName, entry);
	}
	return { byKey, byName };
});

/** The entry that a node name is declared for. */
export function entryOfName(document: ClusterDocument, nodeName: string): Declared | undefined {
	return indexOf(document).byName.get(nodeName);
}

/**
 * Finds a machine's own entry in the document, by what it enrolled with. A UUID names the machine that got it as its id: of two
 * that report one UUID the other one waits for a person. An entry with UUID and MAC means the machine with either. `byMac`: the
 * MAC that the machine booted with is declared; everything else is only what the machine says of itself.
 */
export function declarations(
	document: ClusterDocument,
): (machine: Machine) => { readonly entry: Declared; readonly byMac: boolean } | undefined {
	const { byKey } = indexOf(document);
	if (byKey.size === 0) return () => undefined;
	return (machine) => {
		const { machineId, tokenMac, evidence } = machine;
		const booted = tokenMac === undefined ? evidence.macs : [tokenMac];
		const byMac = booted.map((mac) => byKey.get(mac)).find((entry) => entry !== undefined);
		if (byMac) return { entry: byMac, byMac: true };
		const said = [machineId, ...evidence.macs].map((key) => byKey.get(key)).find((entry) => entry !== undefined);
		return said && { entry: said, byMac: false };
	};
}
