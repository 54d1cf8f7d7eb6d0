import type { ClusterDocument } from "@rollcall/protocol";
import type { Fleet, Machine, Seat } from "../domain/fleet.ts";
import type { Summary, TargetSummary } from "../domain/observed.ts";

interface Known {
	readonly facts: Machine["facts"];
	readonly labels: Machine["labels"];
	readonly document: ClusterDocument | undefined;
	readonly shared: string;
	readonly summary: Summary;
}

/**
 * Remembers what was summarised for a seat as long as nothing that goes into it has changed. State is immutable, so equal
 * references mean equal values, and what is not referenced any more is forgotten with it. `sharedOf` names, in a short text,
 * what a target takes from other machines (the members of the control plane); it is asked once per state.
 */
export function rememberSummaries(summarize: TargetSummary, sharedOf: (fleet: Fleet) => string): TargetSummary {
	const bySeat = new WeakMap<Seat, Known>();
	const shared = new WeakMap<Fleet, string>();
	const textOf = (fleet: Fleet): string => {
		const known = shared.get(fleet);
		if (known !== undefined) return known;
		const text = sharedOf(fleet);
		shared.set(fleet, text);
		return text;
	};
	const knownOf = (fleet: Fleet, machine: Machine, seat: Seat): Known | undefined => {
		const known = bySeat.get(seat);
		const holds =
			known?.facts === machine.facts &&
			known.labels === machine.labels &&
			known.document === fleet.cluster?.document &&
			known.shared === textOf(fleet);
		return holds ? known : undefined;
	};
	const remembered = (fleet: Fleet, machine: Machine, seat: Seat): Summary => {
		const known = knownOf(fleet, machine, seat);
		if (known) return known.summary;
		const summary = summarize(fleet, machine, seat);
		const { facts, labels } = machine;
		bySeat.set(seat, { facts, labels, document: fleet.cluster?.document, shared: textOf(fleet), summary });
		return summary;
	};
	return Object.assign(remembered, {
		isKnown: (fleet: Fleet, machine: Machine, seat: Seat) => knownOf(fleet, machine, seat) !== undefined,
	});
}
