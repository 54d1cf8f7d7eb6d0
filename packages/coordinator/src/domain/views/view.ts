import { definedFields, type MachineView } from "@rollcall/protocol";
import { isoDateOf } from "../clocks/log-clock.ts";
import { clockOff } from "../clocks/machine-clock.ts";
import { addressOf, macOf } from "../facts.ts";
import type { Fleet, Machine } from "../fleet.ts";
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
		grade: machine.grade,
		...definedFields({ tpm: machine.evidence.tpm }),
		held: machine.held.map(({ bootId, remote, needsPerson, allowed, reason, at }) => ({
			bootId,
			remote,
			needsPerson,
			allowed,
			reason,
			at: isoDateOf(fleet, at),
		})),
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
		...definedFields({ clockOffMs: clockOff(machine) }),
		...(machine.node ? { node: machine.node } : {}),
		labels: machine.labels,
		...(address === undefined ? {} : { address }),
		...namesOf(machine),
		enrolledAt: isoDateOf(fleet, machine.enrolledAt),
		changedAt: isoDateOf(fleet, machine.changedAt),
	};
}

/** How else people name it, as it says itself. */
function namesOf({ facts }: Machine): Pick<MachineView, "mac" | "serial" | "hostName" | "agentVersion"> {
	const { hostname, agentVersion, smbios } = facts;
	return { ...definedFields({ mac: macOf(facts), serial: smbios.serial }), hostName: hostname, agentVersion };
}
