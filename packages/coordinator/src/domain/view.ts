import type { MachineView } from "@rollcall/protocol";
import { addressOf } from "./facts.ts";
import type { Fleet, Machine } from "./fleet.ts";
import { standing } from "./phase.ts";

/** A machine as the API shows it. */
export function machineView(fleet: Fleet, machine: Machine): MachineView {
	const { machineId, seat, target } = machine;
	const address = addressOf(machine.facts);
	const { pinnedRole } = machine;
	return {
		machineId,
		...standing(fleet, machine),
		rehearsal: machine.facts.rehearsal,
		bootId: machine.bootId,
		approval: machine.approval,
		lease: machine.lease,
		...(seat
			? { nodeName: seat.nodeName, cluster: seat.cluster, slot: seat.slot, seat: seat.seat, role: seat.role }
			: {}),
		// A wish that no seat was free for does not make the role that it has one given by hand.
		pinned: pinnedRole !== undefined && (!seat || seat.role === pinnedRole),
		generation: machine.generation,
		...(target ? { digest: target.digest } : {}),
		progress: target?.progress ?? "none",
		health: machine.health,
		...(machine.node ? { node: machine.node } : {}),
		labels: machine.labels,
		...(address === undefined ? {} : { address }),
		enrolledAt: new Date(machine.enrolledAt).toISOString(),
		changedAt: new Date(machine.changedAt).toISOString(),
	};
}
