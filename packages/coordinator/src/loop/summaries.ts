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
	return (fleet, machine, seat) => {
		const now = {
			facts: machine.facts,
			labels: machine.labels,
			document: fleet.cluster?.document,
			shared: textOf(fleet),
		};
		const known = bySeat.get(seat);
		if (
			known &&
			known.facts === now.facts &&
			known.labels === now.labels &&
			known.document === now.document &&
			known.shared === now.shared
		)
			return known.summary;
		const summary = summarize(fleet, machine, seat);
		bySeat.set(seat, { ...now, summary });
		return summary;
	};
}
