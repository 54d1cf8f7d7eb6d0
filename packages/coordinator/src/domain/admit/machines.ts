import { type EventDraft, sameJson, type Timestamp } from "@rollcall/protocol";
import { certifiedUntil } from "../certificates/certificate-list.ts";
import { heldKeys } from "../certificates/exposure.ts";
import { dateOf } from "../clocks/log-clock.ts";
import type { Fleet } from "../fleet.ts";
import { beyondApproved } from "../identity/hardware.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { untoldSeats } from "../seats/empty-seats.ts";
import { accept, NOTHING, refuse, unknownMachine } from "./verdict.ts";

/** A person gives a machine a role by hand, or takes that back. The role must be one that a slot is for. */
export function pinRole(fleet: Fleet, { machineId, role, by, acceptLoss }: InputOf<"pin-role">): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	const moves = acceptLoss === "etcd" && machine.seat && role !== null && machine.seat.role !== role;
	if ((machine.pinnedRole ?? null) === role && !moves) return NOTHING;
	if (role !== null) {
		if (!fleet.cluster) {
			return refuse({
				code: "conflict",
				message: `machine ${machineId} cannot get the role ${role}: no cluster is declared`,
				next: "apply a cluster document first",
				machineId,
				path: "role",
			});
		}
		const roles = [...new Set(fleet.cluster.document.slots.map((slot) => slot.role))];
		if (!roles.includes(role)) {
			return refuse({
				code: "bad-request",
				message: `machine ${machineId} cannot get the role ${role}: no slot of cluster ${fleet.cluster.document.name} is for it`,
				next: `use one of ${roles.join(", ")}, or declare a slot with this role`.slice(0, 1024),
				machineId,
				path: "role",
			});
		}
	}
	const { seat } = machine;
	const events: EventDraft[] = [{ type: "role-pinned", machineId, role, by }];
	// Without this a member of etcd waits until a majority votes without it.
	if (acceptLoss === "etcd" && seat && role !== null && seat.role !== role) {
		const reason = `${by} gave it the role ${role}, whatever etcd loses by it`;
		events.push({ type: "machine-released", machineId, slot: seat.slot, seat: seat.seat, reason });
	}
	return accept(events);
}

/**
 * A person lets a machine in, also one that was rejected before, or a boot of it that waits. What he looked at is what he
 * lets in: a boot that he named, or the only one that there is to decide on.
 */
export function approve(fleet: Fleet, { machineId, bootId, by }: InputOf<"approve">): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	const waiting = machine.held.filter(({ allowed }) => !allowed);
	const livesUnapproved = machine.approval !== "approved" && machine.lease !== "lost" ? [machine] : [];
	const toDecide = [...livesUnapproved, ...waiting].map((one) => one.bootId);
	if (bootId === undefined && toDecide.length > 1) {
		return refuse({
			code: "conflict",
			message: `${toDecide.length} boots of machine ${machineId} wait for a decision: ${toDecide.join(", ")}`,
			next: `look at each of them (rollcall why ${machineId}) and name one with --boot`,
			machineId,
			path: "bootId",
		});
	}
	const meant = bootId ?? toDecide[0] ?? machine.bootId;
	if (machine.held.some((one) => one.bootId === meant)) {
		const news = waiting.some((one) => one.bootId === meant);
		return accept(news ? [{ type: "boot-allowed", machineId, bootId: meant, by }] : []);
	}
	if (meant !== machine.bootId) {
		return refuse({
			code: "conflict",
			message: `boot ${meant} of machine ${machineId} neither lives nor waits any more`,
			next: "look at the machine again",
			machineId,
			path: "bootId",
		});
	}
	const isDone = machine.approval === "approved" && machine.personallyLetIn === meant;
	if (isDone && beyondApproved(machine) === undefined) return NOTHING;
	return accept([{ type: "machine-approved", machineId, by, basis: "person" }]);
}

/** A person keeps a machine out. What it held is released by the decisions that follow. */
export function reject(fleet: Fleet, { machineId, reason, by }: InputOf<"reject">): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	if (machine.approval === "rejected") return NOTHING;
	return accept([{ type: "machine-rejected", machineId, by, reason }]);
}

/** A person says that a machine is in other hands: it is kept out, its boot is over, and the keys that it held are to be changed. */
export function compromised(fleet: Fleet, { machineId, reason, by }: InputOf<"compromised">, at: Timestamp): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	if (machine.compromised) return NOTHING;
	const { bootId, publicKey, command } = machine;
	const events: EventDraft[] = [];
	if (command)
		events.push({
			type: "command-ended",
			machineId,
			commandId: command.commandId,
			outcome: "failed",
			reason: "the machine is in other hands",
		});
	const keys = heldKeys(fleet, machine, dateOf(fleet, at));
	return accept([...events, { type: "machine-compromised", machineId, bootId, publicKey, keys, by, reason }]);
}

/** A person replaces all labels of a machine. Labels from the cluster document come back by themselves. */
export function label(fleet: Fleet, { machineId, labels, by }: InputOf<"label">): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	if (sameJson(machine.labels, labels)) return NOTHING;
	return accept([{ type: "machine-labelled", machineId, labels, by }]);
}

/** A person forgets a machine. It comes back only with a new token. */
export function remove(fleet: Fleet, { machineId, by }: InputOf<"remove">, at: Timestamp): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	const { command, seat } = machine;
	const reason = "the machine was removed";
	const events: EventDraft[] = [];
	if (command)
		events.push({ type: "command-ended", machineId, commandId: command.commandId, outcome: "failed", reason });
	if (seat) events.push({ type: "machine-released", machineId, slot: seat.slot, seat: seat.seat, reason });
	const until = certifiedUntil(machine, dateOf(fleet, at));
	const certified = until === undefined ? {} : { certifiedUntil: until };
	return accept([...events, { type: "machine-removed", machineId, by, ...certified }]);
}

/** Records what the boot listener saw, unless that boot is over by now. */
export function boot(fleet: Fleet, { event }: InputOf<"boot">): Verdict {
	if (event.type === "machine-booted" && fleet.machines.get(event.machineId)?.bootId !== event.bootId) return NOTHING;
	if (event.type === "boot-stuck" && event.machineId !== undefined && !fleet.machines.has(event.machineId))
		return NOTHING;
	return accept([event]);
}

/** Seats of these slots have been empty, or filled, for long enough. Recorded as it is now, where that was not told. */
export function seatsEmpty(fleet: Fleet, { slots }: InputOf<"seats-empty">, at: Timestamp): Verdict {
	return accept(untoldSeats(fleet, at).filter(({ slot }) => slots.includes(slot)));
}
