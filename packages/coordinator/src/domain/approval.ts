import type { ClusterDocument } from "@rollcall/protocol";
import { canonicalJson } from "@rollcall/protocol";
import type { Look } from "./drafts.ts";
import type { Fleet, Machine } from "./fleet.ts";
import { plausibleUuid } from "./identity/evidence.ts";
import { matches } from "./selector.ts";

type Declared = ClusterDocument["machines"][number];

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
			const rule = document.approval.rules.find(({ selector }) => matches(selector, machine));
			const by = declared ? "the cluster document" : rule ? `rule ${rule.name}` : undefined;
			if (by !== undefined) return { type: "machine-approved", machineId, by, cause };
		}
		if (!declared) return undefined;
		const labels = { ...machine.labels, ...declared.labels };
		if (Object.keys(labels).length > 32 || canonicalJson(labels) === canonicalJson(machine.labels)) return undefined;
		return { type: "machine-labelled", machineId, labels, by: "the cluster document", cause };
	};
}

/**
 * Finds a machine's own entry in the document. A UUID names the machine that got it as its id: of two that report one UUID
 * the other one waits for a person. An entry with UUID and MAC means the machine with either.
 */
export function declarations(document: ClusterDocument): (machine: Machine) => Declared | undefined {
	const byKey = new Map<string, Declared>();
	for (const entry of document.machines) {
		const uuid = plausibleUuid(entry.uuid);
		for (const key of [uuid, entry.mac]) if (key !== undefined && !byKey.has(key)) byKey.set(key, entry);
	}
	if (byKey.size === 0) return () => undefined;
	return (machine) => {
		const own = byKey.get(machine.machineId);
		if (own) return own;
		for (const { mac } of machine.facts.nics) {
			const entry = byKey.get(mac);
			if (entry) return entry;
		}
		return undefined;
	};
}
