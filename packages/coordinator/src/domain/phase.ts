import type { MachinePhase } from "@rollcall/protocol";
import { etcdHolders, hasBegun } from "./etcd-members.ts";
import { snapshotText } from "./etcd-snapshots.ts";
import type { Fleet, Machine } from "./fleet.ts";
import { MORE_SEATS, waitReason } from "./wait-reason.ts";

/** Where a machine stands, why, and what a person can do about it. */
export interface Standing {
	readonly phase: MachinePhase;
	readonly reason: string;
	readonly next?: string;
}

/** Only the word; cheap enough to be counted over the whole fleet. */
export function phaseOf(machine: Machine): MachinePhase {
	if (machine.approval === "rejected") return "rejected";
	if (machine.lease === "lost") return "lost";
	if (machine.approval === "waiting") return "waiting";
	if (machine.lease === "suspect") return "suspect";
	if (!machine.seat) return "idle";
	if (machine.impossible !== undefined) return "failed";
	switch (machine.target?.progress) {
		case "applying":
			return "applying";
		case "applied":
			return machine.health.every(({ healthy }) => healthy) && machine.node?.ready !== false ? "ready" : "degraded";
		case "rejected":
			return "failed";
		default:
			return "assigned";
	}
}

/** The phase with its reason, and the role that was given by hand and cannot be had yet. */
export function standing(fleet: Fleet, machine: Machine): Standing {
	const found = withRestoring(fleet, machine, standingOf(fleet, machine));
	const { pinnedRole, seat } = machine;
	if (!seat || pinnedRole === undefined || pinnedRole === seat.role) return found;
	return {
		...found,
		reason: `${found.reason}; it was given the role ${pinnedRole} by hand, and no seat with that is free`,
		next: found.next ?? MORE_SEATS,
	};
}

/** Says what etcd begins with, of a machine that does so just now. */
function withRestoring(fleet: Fleet, machine: Machine, found: Standing): Standing {
	const { restoring } = fleet.snapshots ?? {};
	const document = fleet.cluster?.document;
	if (!restoring || !document || !hasBegun(machine) || !etcdHolders(fleet, document).includes(machine)) return found;
	return { ...found, reason: `${found.reason}; etcd begins with the ${snapshotText(restoring.snapshot)}` };
}

function standingOf(fleet: Fleet, machine: Machine): Standing {
	const phase = phaseOf(machine);
	const { seat, target, machineId } = machine;
	const place = seat ? `${seat.role} in seat ${seat.seat} of slot ${seat.slot}` : "without a seat";
	switch (phase) {
		case "waiting":
		case "rejected":
		case "idle":
		case "assigned":
			if (target?.progress === "issued") {
				return { phase, reason: `it was sent generation ${target.generation} as ${place} and has not begun with it` };
			}
			return { phase, ...waitReason(fleet, machine, fleet.at) };
		case "applying":
			return { phase, reason: `it applies generation ${target?.generation} as ${place}` };
		case "ready":
			return { phase, reason: `it is ${place}, ${shortage(machine) ?? "all is well"}` };
		case "degraded": {
			const ill = machine.health.filter(({ healthy }) => !healthy);
			const list = ill.map(({ component, reason }) => (reason ? `${component} (${reason})` : component)).join(", ");
			if (ill.length === 0) {
				return {
					phase,
					reason: `Kubernetes says that its node is not ready: ${machine.node?.reason}`,
					next: `rollcall logs ${machineId}`,
				};
			}
			return { phase, reason: `not healthy: ${list}`, next: `rollcall logs ${machineId}` };
		}
		case "failed":
			if (machine.impossible !== undefined) return { phase, ...waitReason(fleet, machine, fleet.at) };
			return {
				phase,
				reason: `generation ${target?.generation} failed: ${target?.reason ?? "no reason was given"}`,
				next: nextAfterFailure(machineId, target?.reason),
			};
		case "suspect":
			return { phase, reason: `nothing was heard from it for some seconds; it is ${place}` };
		case "lost":
			return {
				phase,
				reason: `nothing is heard from it since ${new Date(machine.leaseAt).toISOString()}; it was ${place}`,
				next: "look at its power and its network",
			};
	}
}

/** What to do about a target that failed, by the step that its reason begins with (`TargetProgress`); the agent goes on trying. */
function nextAfterFailure(machineId: string, reason = ""): string {
	const again = "; the agent tries again by itself";
	const unit = /([A-Za-z0-9:_.@-]+\.(?:service|socket|mount|target|path|timer))/.exec(reason)?.[1];
	const logs = `rollcall logs ${machineId}${unit ? ` --unit ${unit}` : ""}`;
	switch (/^(\w+): /.exec(reason)?.[1]) {
		case "check":
			return "the agent refuses what the document asks for: correct the document and `rollcall apply` it";
		case "certificates":
			return `look at the coordinator's log and at the machine's clock${again}`;
		case "artifacts":
			return `make the artifact's address reachable from the machine, or correct its hash in the document${again}`;
		case "files":
			return `free the room or make the file system writable; ${logs}${again}`;
		case "units":
		case "probes":
			return `${logs}${again}`;
		default:
			return `rollcall show ${machineId}${again}`;
	}
}

/** What Kubernetes says that the node is short of. */
function shortage({ node }: Machine): string | undefined {
	return node && node.pressure.length > 0 ? `but Kubernetes reports ${node.pressure.join(", ")}` : undefined;
}
