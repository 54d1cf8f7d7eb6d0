import type { ClusterDocument } from "@rollcall/protocol";
import type { Fleet, Machine, Seat } from "../domain/fleet.ts";
import { type Rendered, type RenderTarget, type Summary, summaryOf, type TargetSummary } from "../domain/observed.ts";

/** A target is decided on, and fetched by its machine a moment later: so many wait whole, some 60 KB each. */
const KEPT_WHOLE = 1_000;

interface Known {
	readonly facts: Machine["facts"];
	readonly labels: Machine["labels"];
	readonly document: ClusterDocument | undefined;
	readonly shared: string;
	readonly summary: Summary;
}

/** What a renderer gives, remembered: for decisions, and whole for the machines. */
export interface RememberedTargets {
	readonly summarize: TargetSummary;
	readonly render: RenderTarget;
}

/**
 * Remembers what was rendered for a seat as long as nothing that goes into it has changed: of all seats the summary, of the
 * latest the whole target. State is immutable, so equal references mean equal values, and what is not referenced any more is
 * forgotten with it. `sharedOf` names, in a short text, what a target takes from other machines (the members of the control
 * plane); it is asked once per state.
 */
export function rememberTargets(render: RenderTarget, sharedOf: (fleet: Fleet) => string): RememberedTargets {
	const bySeat = new WeakMap<Seat, Known>();
	const whole = new Map<Seat, Rendered>();
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
	const fresh = (fleet: Fleet, machine: Machine, seat: Seat): { rendered: Rendered; summary: Summary } => {
		const rendered = render(fleet, machine, seat);
		const summary = summaryOf(rendered);
		const { facts, labels } = machine;
		bySeat.set(seat, { facts, labels, document: fleet.cluster?.document, shared: textOf(fleet), summary });
		whole.delete(seat);
		whole.set(seat, rendered);
		for (const oldest of whole.keys()) {
			if (whole.size <= KEPT_WHOLE) break;
			whole.delete(oldest);
		}
		return { rendered, summary };
	};
	const summarize = (fleet: Fleet, machine: Machine, seat: Seat): Summary =>
		knownOf(fleet, machine, seat)?.summary ?? fresh(fleet, machine, seat).summary;
	return {
		summarize: Object.assign(summarize, {
			isKnown: (fleet: Fleet, machine: Machine, seat: Seat) => knownOf(fleet, machine, seat) !== undefined,
		}),
		render: (fleet, machine, seat) =>
			(knownOf(fleet, machine, seat) && whole.get(seat)) ?? fresh(fleet, machine, seat).rendered,
	};
}
