import type { ClusterDocument, MachineId } from "@rollcall/protocol";
import { type Fleet, type Machine, seatKey } from "../fleet.ts";

/** The role whose machines run etcd: `etcd` where a slot declares it, else the control plane. */
export function etcdRole(document: ClusterDocument): "etcd" | "control-plane" {
	return document.slots.some(({ role }) => role === "etcd") ? "etcd" : "control-plane";
}

/** How many seats a document declares for a role. A slot that takes the rest of the machines declares no number. */
export function seatCount(document: Pick<ClusterDocument, "slots">, role: string): number {
	return document.slots.reduce((sum, slot) => sum + (slot.role === role && slot.count !== "rest" ? slot.count : 0), 0);
}

/** The keys of a slot's free seats, the lowest first; none of a slot that takes the rest of the machines. */
export function* freeSeats(
	{ name, count }: ClusterDocument["slots"][number],
	taken: Fleet["seats"],
): Generator<string> {
	for (let seat = 0; count !== "rest" && seat < count; seat++) {
		const key = seatKey(name, seat);
		if (!taken.has(key)) yield key;
	}
}

/**
 * The machines that hold the numbered seats of these roles, in the order of slots and seats, also the one seat more that a slot has
 * while a member of etcd leaves it. Behind them members of etcd, those who begin it, and those who proved its memory after a lost log, whose seats are
 * not declared any more, for as long as they hold them: they go only when etcd has taken them out.
 */
export function holdersOf(fleet: Fleet, roles: ReadonlySet<string>): readonly Machine[] {
	const found = new Set<MachineId>();
	for (const key of fleet.cluster ? keysOf(fleet.cluster.document.slots, roles) : []) {
		const machineId = fleet.seats.get(key);
		if (machineId !== undefined) found.add(machineId);
	}
	for (const { machineId } of [...(fleet.etcd?.members ?? []), ...(fleet.founding ?? [])]) found.add(machineId);
	for (const machineId of provedMemory(fleet)) found.add(machineId);
	return [...found].flatMap((machineId) => {
		const machine = fleet.machines.get(machineId);
		return machine?.seat && roles.has(machine.seat.role) ? [machine] : [];
	});
}

/** The keys of numbered seats by the slots of a document and by roles: they are asked for several times with each event. */
const KEYS = new WeakMap<ClusterDocument["slots"], Map<string, readonly string[]>>();

function keysOf(slots: ClusterDocument["slots"], roles: ReadonlySet<string>): readonly string[] {
	const ofSlots = KEYS.get(slots) ?? new Map<string, readonly string[]>();
	KEYS.set(slots, ofSlots);
	const name = [...roles].join();
	const keys =
		ofSlots.get(name) ??
		slots
			.filter(({ role, count }) => roles.has(role) && count !== "rest")
			.flatMap(({ name, count }) => Array.from({ length: Number(count) + 1 }, (_, seat) => seatKey(name, seat)));
	ofSlots.set(name, keys);
	return keys;
}

/** Those who say that a member's memory lies there, where the log was lost or in doubt before etcd was founded by it. */
function provedMemory({ etcd, recoverUntil, machines }: Fleet): MachineId[] {
	if (etcd !== undefined || recoverUntil === 0) return [];
	return [...machines.values()].flatMap(({ machineId, etcdMemory }) => (etcdMemory?.is ? [machineId] : []));
}
