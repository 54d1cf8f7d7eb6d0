import type { Fleet, Machine } from "../fleet.ts";
import type { SummaryIfKnown } from "../observed.ts";
import { nameClaims } from "../seats/declared-names.ts";
import { holdsItsTarget } from "./targets.ts";

/** What decisions about steady machines rest on, beside the machines themselves. */
export interface SteadyBasis {
	readonly cluster: Fleet["cluster"];
	readonly byRole: ReadonlyMap<string, object>;
}

/** The same for one machine. Compared by reference: state is immutable. */
interface Basis {
	readonly cluster: Fleet["cluster"];
	/** Equal, by reference, as long as targets take the same from the fleet. */
	readonly shared: object;
}

const STEADY = new WeakMap<Machine, Basis>();

/** The machines about which nothing is decided unless they change, fall silent, or their clock goes wrong. */
export interface Steady {
	has(machine: Machine): boolean;
	/** To be asked about a machine for which no decision was found: it is remembered if there will be none until it or the basis changes. */
	look(machine: Machine): void;
	/** What those that were asked about rest on. */
	basis(): SteadyBasis;
	/** True where those that rested on this are steady still. */
	restsOn(basis: SteadyBasis): boolean;
}

/**
 * A fleet at work consists of machines that run what they are to run, and every round of every turn would find out the same about each
 * of them. Undefined where that cannot be remembered: while a lost log is being rebuilt, or with a renderer that does not tell its basis.
 */
export function steadyMachines(fleet: Fleet, at: number, summarize: SummaryIfKnown): Steady | undefined {
	const { cluster } = fleet;
	const { basisOf } = summarize;
	if (!cluster || !basisOf || at < fleet.recoverUntil) return undefined;
	const byRole = new Map<string, object>();
	const sharedOf = (role: string): object => {
		const shared = byRole.get(role) ?? basisOf(fleet, role);
		byRole.set(role, shared);
		return shared;
	};
	const claimOf = nameClaims(fleet);
	return {
		has: (machine) => {
			const basis = STEADY.get(machine);
			if (basis === undefined || basis.cluster !== cluster || !machine.seat) return false;
			return basis.shared === sharedOf(machine.seat.role);
		},
		look: (machine) => {
			const { seat, approval, lease, command, leaving, pinnedRole, target, held } = machine;
			if (!seat || seat.pinned || pinnedRole !== undefined || approval !== "approved" || lease !== "alive") return;
			if (command || leaving || held.length > 0 || target?.progress !== "applied" || claimOf(machine)) return;
			if (holdsItsTarget(machine, summarize(fleet, machine, seat)))
				STEADY.set(machine, { cluster, shared: sharedOf(seat.role) });
		},
		basis: () => ({ cluster, byRole: new Map(byRole) }),
		restsOn: (basis) =>
			basis.cluster === cluster && [...basis.byRole].every(([role, shared]) => sharedOf(role) === shared),
	};
}
