import type { BootView, MachinePhase, Timestamp, Trouble } from "@rollcall/protocol";
import { exposedKinds } from "../certificates/exposure.ts";
import { authorityFault } from "../certificates/wrong-authorities.ts";
import { clockOff, OFF_MS, offText } from "../clocks/machine-clock.ts";
import { etcdTrouble } from "../etcd/risk.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { emptySeats, emptyText, letInAdvice } from "../seats/empty-seats.ts";
import { phaseOf } from "./phase.ts";

/** Phases in which a control plane answers, as far as its agent knows. */
const ANSWER: ReadonlySet<MachinePhase> = new Set(["ready", "degraded", "suspect"]);
/** Phases in which one may answer, where the API itself is asked: a new target is applied while the old one runs. */
const MAY_ANSWER: ReadonlySet<MachinePhase> = new Set([...ANSWER, "assigned", "applying", "failed"]);

/** Roles that are of no use without the cluster's API. */
const NEED_API: ReadonlySet<string> = new Set(["control-plane", "etcd", "worker"]);

/** The most machines that are named for one trouble; the rest is counted. */
const MOST_NAMES = 5;

/**
 * What is not well about the fleet as a whole, the worst first: nobody answers the cluster's API, machines with seats are lost, seats are
 * empty, boots are stuck. `date`: by the coordinator's clock. Machines that stand well by themselves may be a fleet that does not. Empty when all is well.
 */
export function fleetTrouble(fleet: Fleet, stuck: readonly BootView[], date?: Timestamp): Trouble[] {
	return [
		...quorumTrouble(fleet),
		...apiTrouble(fleet),
		...lostTrouble(fleet),
		...authorityTrouble(fleet, date),
		...clockTrouble(fleet),
		...exposedTrouble(fleet),
		...seatTrouble(fleet),
		...bootTrouble(stuck),
	];
}

/** What is wrong with the machines themselves, however the rest of the fleet does. */
export function machinesTrouble(fleet: Fleet, stuck: readonly BootView[]): Trouble[] {
	return [...lostTrouble(fleet), ...clockTrouble(fleet), ...bootTrouble(stuck)];
}

/** Authorities that sign nothing at this date. */
function authorityTrouble({ trust }: Fleet, date: Timestamp | undefined): Trouble[] {
	const fault = trust && date !== undefined ? authorityFault(trust.trust, date) : undefined;
	if (fault === undefined) return [];
	const next =
		"set the coordinator's clock right; where it is right, others take their place by themselves, or at once with `rollcall certs rotate`";
	return [{ kind: "clock", text: `${fault}: machines get no certificates`, next }];
}

/** Live machines whose clock is off. Where most are, and by the same, it is the coordinator's that is wrong. */
function clockTrouble(fleet: Fleet): Trouble[] {
	const live = [...fleet.machines.values()].filter(
		({ lease, approval }) => lease !== "lost" && approval === "approved",
	);
	const off = live.filter((machine) => clockOff(machine) !== undefined);
	const [first] = off;
	const offMs = first && clockOff(first);
	if (offMs === undefined) return [];
	const alike = off.filter((machine) => Math.abs((clockOff(machine) ?? 0) - offMs) < OFF_MS);
	if (alike.length > 1 && alike.length * 2 > live.length) {
		const text = `the coordinator's clock is probably wrong: those of ${alike.length} of ${live.length} machines are ${offText(offMs)}`;
		return [{ kind: "clock", text, next: "set the clock of the coordinator's computer right" }];
	}
	const text = `${off.length === 1 ? "1 machine's clock is" : `${off.length} machines' clocks are`} off: ${namesOf(off)}`;
	return [{ kind: "clock", text, next: `rollcall why ${nameOf(first as Machine)}` }];
}

function quorumTrouble(fleet: Fleet): Trouble[] {
	const trouble = etcdTrouble(fleet);
	return trouble ? [{ kind: "no-quorum", ...trouble }] : [];
}

function apiTrouble(fleet: Fleet): Trouble[] {
	const slots = fleet.cluster?.document.slots ?? [];
	// A worker or a member of etcd is of no use without the API; roles of the operator need none.
	if (!slots.some(({ role }) => NEED_API.has(role))) return [];
	const planes = [...fleet.machines.values()].filter(({ seat }) => seat?.role === "control-plane");
	const [first] = planes;
	const nobody = "nobody answers the cluster's API";
	if (!first)
		return [
			{
				kind: "no-api",
				text: `${nobody}: no machine is a control plane`,
				next: "rollcall machines, and slots with the role control-plane in the document",
			},
		];
	const { kubernetes } = fleet;
	if (planes.some((machine) => (kubernetes ? MAY_ANSWER : ANSWER).has(phaseOf(machine)))) {
		if (!kubernetes || kubernetes.ready) return [];
		return [{ kind: "no-api", text: `the cluster's API is not ready: ${kubernetes.reason ?? "no reason is known"}` }];
	}
	return [{ kind: "no-api", text: `${nobody}: ${namesOf(planes)} not ready`, next: `rollcall why ${nameOf(first)}` }];
}

function lostTrouble(fleet: Fleet): Trouble[] {
	const lost = [...fleet.machines.values()].filter((machine) => machine.seat && phaseOf(machine) === "lost");
	const [first] = lost;
	if (!first) return [];
	const text = `${lost.length === 1 ? "1 machine with a seat is" : `${lost.length} machines with seats are`} lost: ${namesOf(lost)}`;
	return [{ kind: "lost-member", text, next: `rollcall why ${nameOf(first)}` }];
}

/** Until then whoever took the keys can use them. */
function exposedTrouble(fleet: Fleet): Trouble[] {
	const kinds = exposedKinds(fleet);
	if (kinds.length === 0) return [];
	const text = `keys that a machine in other hands held are still believed (${kinds.join(", ")}); the coordinator changes them step by step`;
	return [
		{
			kind: "exposed-keys",
			text,
			next: "`rollcall certs -o json` says how far it is; a step waits for machines that are lost: bring them back or remove them",
		},
	];
}

function seatTrouble(fleet: Fleet): Trouble[] {
	const waiting = [...fleet.machines.values()].some(({ approval }) => approval === "waiting");
	return emptySeats(fleet).map(({ slot, empty }) => ({
		kind: "empty-seat",
		text: emptyText({ slot: slot.name, role: slot.role, empty, seats: Number(slot.count) }),
		next: waiting
			? "`rollcall machines --phase waiting` lists machines that wait to be approved"
			: (letInAdvice(fleet, slot) ??
				"boot a machine that its selector takes, or `rollcall role MACHINE --none` for one that was given another role"),
	}));
}

function bootTrouble(stuck: readonly BootView[]): Trouble[] {
	if (stuck.length === 0) return [];
	const names = listed(stuck.map(({ nodeName, machineId, mac, uuid }) => nodeName ?? machineId ?? mac ?? uuid ?? "?"));
	const text = `${stuck.length === 1 ? "1 boot is" : `${stuck.length} boots are`} stuck: ${names}`;
	return [{ kind: "stuck-boot", text, next: "rollcall boots --state stuck" }];
}

function nameOf({ seat, machineId }: Machine): string {
	return seat?.nodeName ?? machineId;
}

function namesOf(machines: readonly Machine[]): string {
	return listed(machines.map(nameOf).sort());
}

function listed(names: readonly string[]): string {
	const more = names.length - MOST_NAMES;
	return `${names.slice(0, MOST_NAMES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
