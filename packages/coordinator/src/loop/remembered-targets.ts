import type { Fleet, Machine, Seat } from "../domain/fleet.ts";
import {
	type Rendered,
	type RenderTarget,
	type Summary,
	summaryOf,
	TARGET_FIELDS,
	type TargetMachine,
	type TargetSummary,
} from "../domain/observed.ts";

/** The most whole targets that are kept, some 60 KB each: a machine fetches its target a moment after the decision. */
const KEPT_WHOLE = 1_000;

/** A renderer in two steps, so that it reads nothing of a fleet that its targets are not remembered by. */
export interface SharedRenderer<Shared, Part extends string> {
	/** Which part of what can be taken targets of this role take: one of a few. */
	readonly partOf: (role: string) => Part;
	/** What targets take from the fleet, beside machine and seat. */
	readonly sharedOf: (fleet: Fleet, part: Part) => Shared;
	/** Equal for equal values; asked once per state and part. */
	readonly keyOf: (shared: Shared) => string;
	readonly render: (shared: Shared, machine: TargetMachine, seat: Seat) => Rendered;
}

interface Known {
	readonly machine: TargetMachine;
	readonly basis: object;
	readonly summary: Summary;
}

/** What targets take from a fleet; one object for equal values, as long as they follow each other. */
interface Basis<Shared> {
	readonly shared: Shared;
	readonly key: string;
}

/** What a renderer gives, remembered: for decisions, and whole for the machines. */
export interface RememberedTargets {
	readonly summarize: TargetSummary;
	readonly render: RenderTarget;
}

/**
 * Remembers what was rendered for a seat as long as nothing that goes into it has changed: of all seats the summary, of the
 * latest the whole target. State is immutable, so equal references mean equal values, and what is not referenced any more is
 * forgotten with it.
 */
export function rememberTargets<Shared, Part extends string>({
	partOf,
	sharedOf,
	keyOf,
	render,
}: SharedRenderer<Shared, Part>): RememberedTargets {
	const bySeat = new WeakMap<Seat, Known>();
	const whole = new Map<Seat, Rendered>();
	const ofFleet = new WeakMap<Fleet, Map<Part, Basis<Shared>>>();
	const latest = new Map<Part, Basis<Shared>>();
	const basisOf = (fleet: Fleet, role: string): Basis<Shared> => {
		const parts = ofFleet.get(fleet) ?? new Map<Part, Basis<Shared>>();
		ofFleet.set(fleet, parts);
		const part = partOf(role);
		const known = parts.get(part);
		if (known) return known;
		const shared = sharedOf(fleet, part);
		const key = keyOf(shared);
		const before = latest.get(part);
		const basis = before?.key === key ? before : { shared, key };
		latest.set(part, basis);
		parts.set(part, basis);
		return basis;
	};
	const knownOf = (fleet: Fleet, machine: Machine, seat: Seat): Known | undefined => {
		const known = bySeat.get(seat);
		if (!known || TARGET_FIELDS.some((field) => known.machine[field] !== machine[field])) return undefined;
		return known.basis === basisOf(fleet, seat.role) ? known : undefined;
	};
	const fresh = (fleet: Fleet, machine: Machine, seat: Seat): { rendered: Rendered; summary: Summary } => {
		const basis = basisOf(fleet, seat.role);
		const rendered = render(basis.shared, machine, seat);
		const summary = summaryOf(rendered);
		const { machineId, bootId, facts, labels, podNetworks } = machine;
		bySeat.set(seat, { machine: { machineId, bootId, facts, labels, podNetworks }, basis, summary });
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
			basisOf,
		}),
		render: (fleet, machine, seat) =>
			(knownOf(fleet, machine, seat) && whole.get(seat)) ?? fresh(fleet, machine, seat).rendered,
	};
}
