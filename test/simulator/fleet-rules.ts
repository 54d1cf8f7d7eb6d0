import { etcdRole, type Fleet, type Machine } from "@rollcall/coordinator/simulator";
import type { ClusterDocument, Event, EventOf, MachineId } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { World } from "./world.ts";

type Slot = ClusterDocument["slots"][number];

/** Rules for the state after an entry. */
export function checkFleet(fleet: Fleet, events: readonly Event[]): void {
	const holders = new Map<string, Machine>();
	for (const machine of fleet.machines.values()) {
		const { seat, target, machineId } = machine;
		if (!seat) continue;
		must(machine.approval === "approved", "only approved machines hold seats", () => machineId);
		must(!holders.has(`${seat.slot}/${seat.seat}`), "a seat has one holder", () => `${seat.slot}/${seat.seat}`);
		holders.set(`${seat.slot}/${seat.seat}`, machine);
		must(!target || target.generation <= machine.generation, "generations only rise", () => machineId);
		must(fleet.seats.get(`${seat.slot}/${seat.seat}`) === machineId, "seats are indexed", () => machineId);
	}
	must(fleet.seats.size === holders.size, "seats are indexed", () => `${fleet.seats.size} and ${holders.size}`);
	checkPodNetworks(fleet);
	checkSpares(fleet, events);
	checkReplaced(fleet, events);
}

/** Who is lost for long goes only where another one can take its seat: else that would stay empty, also when it comes back. */
function checkReplaced(fleet: Fleet, events: readonly Event[]): void {
	for (const event of events) {
		if (event.type !== "machine-released" || !event.reason.startsWith("lost for more than")) continue;
		const slot = fleet.cluster?.document.slots.find(({ name }) => name === event.slot);
		// It gets the seat now or in the next turn.
		const isTaken = fleet.seats.has(`${event.slot}/${event.seat}`);
		const can = slot && [...fleet.machines.values()].some((one) => isFree(one) && fits(slot, one));
		must(isTaken || can === true, "who goes for a spare is replaced", () => `${event.slot}/${event.seat} has nobody`);
	}
}

/** Two nodes with one share of the pod network would take each other's packets, also when one of them is lost or on its way out. */
function checkPodNetworks(fleet: Fleet): void {
	const held = new Map<string, string>();
	for (const { seat, leaving, podNetworks, machineId } of fleet.machines.values()) {
		if (!seat && !leaving) continue;
		for (const network of podNetworks?.networks ?? []) {
			must(!held.has(network), "a share of the pod network has one node", () => `${network}: ${machineId}`);
			held.set(network, machineId);
		}
	}
}

/** Who comes back with a proof after a log was lost has the seat that it proves, unless somebody has a later right to it. */
export function checkAdopted(world: World, fleet: Fleet, events: readonly Event[]): void {
	for (const event of events) {
		if (event.type !== "machine-enrolled" || event.identity !== "proof") continue;
		const proven = world.bootOf(event.bootId)?.proof?.assignment;
		const machine = fleet.machines.get(event.machineId);
		if (!proven || !machine || machine.bootId !== event.bootId) continue;
		// It said hello with an older proof, while a newer one was on its way to it.
		if (machine.generation < proven.generation) continue;
		const slot = fleet.cluster?.document.slots.find(({ name }) => name === proven.slot);
		const declared = slot?.role === proven.role && (slot.count === "rest" || proven.seat < slot.count);
		if (!declared || fleet.cluster?.document.name !== proven.cluster) continue;
		const has = machine.seat?.slot === proven.slot && machine.seat.seat === proven.seat;
		const holder = fleet.machines.get(fleet.seats.get(`${proven.slot}/${proven.seat}`) ?? machine.machineId)?.seat;
		const later = !has && holder !== undefined && holder.at >= (proven.assignedAt ?? 0) && !keeps(world, fleet, event);
		const released = events.some((other) => other.type === "machine-released" && other.machineId === event.machineId);
		must(
			has || later || released || fleet.nodeNames.has(proven.nodeName),
			"no acknowledged assignment is lost",
			() => `${event.machineId} proved ${proven.slot}/${proven.seat}, has ${machine.seat?.slot}/${machine.seat?.seat}`,
		);
	}
}

/** True for a boot with etcd's memory whose seat for it somebody has that has none, and was told nothing yet, while nobody knows who is a member: that memory is worth more than a seat. */
function keeps(world: World, fleet: Fleet, { bootId }: EventOf<"machine-enrolled">): boolean {
	const boot = world.bootOf(bootId);
	const document = fleet.cluster?.document;
	const proven = boot?.proof?.assignment;
	if (!document || !proven || proven.role !== etcdRole(document) || fleet.etcd) return false;
	const holder = fleet.machines.get(fleet.seats.get(`${proven.slot}/${proven.seat}`) as MachineId);
	return boot?.etcd?.lost === false && holder?.etcdMemory === undefined && holder?.target === undefined;
}

/** Whoever was just put into a later slot was not needed as a spare of an earlier one. */
function checkSpares(fleet: Fleet, events: readonly Event[]): void {
	const slots = fleet.cluster?.document.slots ?? [];
	for (const event of events) {
		if (event.type !== "machine-assigned" || event.pinned) continue;
		const machine = fleet.machines.get(event.machineId);
		if (machine?.seat?.seq !== event.seq) continue;
		const own = slots.findIndex(({ name }) => name === event.slot);
		for (const slot of slots.slice(0, Math.max(0, own))) {
			if (slot.spares === 0 || !fits(slot, machine)) continue;
			const free = [...fleet.machines.values()].filter((other) => isFree(other) && fits(slot, other)).length;
			must(
				free >= slot.spares,
				"spares are kept back",
				() => `${event.machineId} went to ${event.slot}, ${slot.name} has ${free} of ${slot.spares} spares`,
			);
		}
	}
}

/** True for a machine that a slot could get. */
export function isFree(machine: Machine): boolean {
	return (
		machine.approval === "approved" && machine.lease !== "lost" && !machine.seat && machine.pinnedRole === undefined
	);
}

/** The conditions of selectors that the simulated documents use. */
export function fits({ selector }: Slot, { labels, facts }: Machine): boolean {
	const wanted = Object.entries(selector.labels ?? {});
	return wanted.every(([key, value]) => labels[key] === value) && facts.memory.totalBytes >= (selector.minMemory ?? 0);
}
