import type { MachinePhase } from "@rollcall/protocol";
import { invalidOf, invalidText } from "../certificates/certified.ts";
import { listenersNote } from "../certificates/listeners.ts";
import { isoDateOf } from "../clocks/log-clock.ts";
import { clockAdvice, clockText, isFarOff } from "../clocks/machine-clock.ts";
import { etcdHolders, hasBegun } from "../etcd/members.ts";
import { snapshotText } from "../etcd/snapshot-text.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { nameAdvice } from "../seats/declared-names.ts";
import { holdsBack, isLeaving } from "../seats/leaving.ts";
import type { IssuedTarget } from "../targets/issued-target.ts";
import { isMissedInRollout } from "../targets/rollout.ts";
import { etcdNote } from "./etcd-note.ts";
import { named } from "./named.ts";
import { waitReason } from "./wait-reason.ts";
import { wishedRole } from "./wished-role.ts";

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
	if (!machine.seat) return machine.leaving ? "leaving" : "idle";
	if (machine.impossible !== undefined) return "failed";
	switch (machine.target?.progress) {
		case "applying":
			return "applying";
		case "applied":
			return isWell(machine) ? "ready" : "degraded";
		case "rejected":
			return "failed";
		default:
			return "assigned";
	}
}

function isWell(machine: Machine): boolean {
	const { health, node } = machine;
	return health.every(({ healthy }) => healthy) && node?.ready !== false && !isFarOff(machine) && !invalidOf(machine);
}

/** The phase with its reason, as people are told: with node names in place of ids. */
export function standing(fleet: Fleet, machine: Machine): Standing {
	const { phase, reason, next } = standingWithIds(fleet, machine);
	return { phase, reason: named(fleet, reason), ...(next === undefined ? {} : { next: named(fleet, next) }) };
}

/** The same, and the role that was given by hand and cannot be had yet. */
function standingWithIds(fleet: Fleet, machine: Machine): Standing {
	const stands = withListeners(fleet, machine, standingOf(fleet, machine));
	const own = withEtcd(fleet, machine, withRestoring(fleet, machine, stands));
	const found = withHeld(machine, withClock(fleet, machine, own));
	const wish = wishedRole(fleet, machine);
	if (!wish) return found;
	return {
		...found,
		reason: `${found.reason}; it was given the role ${machine.pinnedRole} by hand, and ${wish.reason}`,
		next: found.next ?? wish.next,
	};
}

/** Says which other boot waits to be this machine. */
function withHeld({ machineId, held }: Machine, found: Standing): Standing {
	const waiting = held.findLast(({ allowed }) => !allowed);
	if (!waiting) return found;
	const { bootId, remote, reason, needsPerson } = waiting;
	const next = `look at the machine; rollcall approve ${machineId} --boot ${bootId} lets that boot in`;
	return {
		...found,
		reason: `${found.reason}; boot ${bootId} from ${remote} says that it is this machine and waits: ${reason}`,
		...(needsPerson ? { next } : {}),
	};
}

/** Says that the machine's clock is off, where the reason does not say it. */
function withClock(fleet: Fleet, machine: Machine, found: Standing): Standing {
	const clock = clockText(machine);
	if (clock === undefined || found.reason.includes(clock)) return found;
	return {
		...found,
		reason: `${found.reason}; ${clock}`,
		next: found.next ?? clockAdvice(fleet.cluster?.document, machine),
	};
}

/** Says that etcd has no majority, or that this member of it is to leave. What to do about that comes first, but for a machine that is lost. */
function withEtcd(fleet: Fleet, machine: Machine, found: Standing): Standing {
	const note = etcdNote(fleet, machine);
	if (!note) return found;
	const next = note.next ?? found.next;
	const reason = found.reason.includes(note.text) ? found.reason : `${found.reason}; ${note.text}`;
	return { ...found, reason, ...(next === undefined ? {} : { next }) };
}

/** Says that the machine may not believe the listeners' new authority. */
function withListeners(fleet: Fleet, machine: Machine, found: Standing): Standing {
	const note = listenersNote(fleet, machine);
	if (!note) return found;
	const next = machine.lease === "lost" ? note.next : (found.next ?? note.next);
	return { ...found, reason: `${found.reason}; ${note.reason}`, next };
}

/** Says what etcd begins with, of a machine that does so just now. */
function withRestoring(fleet: Fleet, machine: Machine, found: Standing): Standing {
	const { restoring } = fleet.snapshots ?? {};
	if (!restoring || !hasBegun(fleet, machine) || !etcdHolders(fleet).includes(machine)) return found;
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
		case "leaving":
			return { phase, ...leavingStanding(fleet, machine) };
		case "applying":
			return { phase, reason: `it applies generation ${target?.generation} as ${place}` };
		case "ready":
			return {
				phase,
				reason: `it is ${place}, ${shortage(machine) ?? plight(fleet, machine)}`,
				...advice(fleet, machine),
			};
		case "degraded": {
			const ill = machine.health.filter(({ healthy }) => !healthy);
			if (ill.length === 0 && isFarOff(machine))
				return {
					phase,
					reason: `it is ${place}, and ${clockText(machine)}`,
					next: clockAdvice(fleet.cluster?.document, machine),
				};
			const invalid = invalidText(machine);
			if (ill.length === 0 && invalid !== undefined)
				return {
					phase,
					reason: `it is ${place}, but ${invalid}`,
					next: `rollcall certs, and rollcall logs ${machineId}`,
				};
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
				reason: `generation ${target?.generation} failed: ${failureOf(target)}`,
				next: nextAfterFailure(machineId, target),
			};
		case "suspect":
			return { phase, reason: `nothing was heard from it for some seconds; it is ${place}` };
		case "lost": {
			const reason = `nothing is heard from it since ${isoDateOf(fleet, machine.leaseAt)}; it was ${place}`;
			const next = "look at its power and its network";
			if (!isMissedInRollout(fleet, machine)) return { phase, reason, next };
			return {
				phase,
				reason: `${reason}, and has not got well with generation ${target?.generation}: control planes and machines of etcd whose programs start anew for a change wait for it`,
				next: `${next}; where it is gone for good, rollcall remove ${machineId}`,
			};
		}
	}
}

/** What is not well with a machine that is. */
function plight(fleet: Fleet, machine: Machine): string {
	const text = clockText(machine) ?? etcdNote(fleet, machine)?.text;
	return text === undefined ? "all is well" : `but ${text}`;
}

/** What happens with a machine that lost its seat. */
function leavingStanding(fleet: Fleet, machine: Machine): Omit<Standing, "phase"> {
	const { target, machineId, leaving } = machine;
	const before = `it lost its seat as ${leaving?.role}`;
	const held = isLeaving(machine) ? holdsBack(fleet, machine) : undefined;
	if (held !== undefined) return { reason: `${before} and keeps what it has for now: ${held}` };
	if (target?.progress !== "rejected")
		return { reason: `${before}; what it was given is stopped and removed, then it is a spare` };
	return {
		reason: `${before}, and what it was given cannot be removed: ${failureOf(target)}`,
		next: nextAfterFailure(machineId, target),
	};
}

function failureOf({ failedStep, reason = "no reason was given" }: Partial<IssuedTarget> = {}): string {
	return failedStep === undefined ? reason : `${failedStep}: ${reason}`;
}

/** What to do about a target that failed, by the step that failed; the agent goes on trying. */
function nextAfterFailure(machineId: string, { failedStep, failedUnit }: Partial<IssuedTarget> = {}): string {
	const again = "; the agent tries again by itself";
	const logs = `rollcall logs ${machineId}${failedUnit === undefined ? "" : ` --unit ${failedUnit}`}`;
	switch (failedStep) {
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

/** What a person may want to do about a machine with which all is well. */
function advice(fleet: Fleet, machine: Machine): { readonly next?: string } {
	const next = nameAdvice(fleet, machine);
	return next === undefined ? withoutDns(fleet, machine) : { next };
}

/** Nobody told the machine a DNS server, and none is declared: its pods look up no name of the world, and CoreDNS does not start without a server to ask. */
function withoutDns({ cluster }: Fleet, { facts, seat }: Machine): { readonly next?: string } {
	const isNode = seat?.role === "control-plane" || seat?.role === "worker";
	if (!isNode || facts.dns.servers.length > 0 || cluster?.document.networks.dnsServers) return {};
	return {
		next: "it knows no DNS server, so its pods have none, and CoreDNS does not start on it; where it runs nowhere else, no name of the cluster is found either: declare networks.dnsServers, or [] where there is none",
	};
}
