import { etcdRisk, type Input, machineView } from "@rollcall/coordinator/simulator";
import type { MachineId } from "@rollcall/protocol";
import type { World } from "./world.ts";

/** A person does what the reasons say why machines cannot go on. False: nothing is to be done. */
export function followReasons(world: World): boolean {
	const leader = world.leader();
	const fleet = leader?.fleet ?? world.checker.truth;
	const allAreIn = world.machines.every(({ boot }) => boot?.machineId !== undefined && !boot.over);
	const asked: Input[] = [];
	const by = "operator";
	if (fleet.log?.doubt) asked.push({ kind: "log-accept", by });
	const reasons: string[] = [];
	// Who sees that no majority is left asks what to do.
	const risk = world.etcd.lives() ? "" : (etcdRisk(fleet, fleet.at) ?? "");
	/** Machines that no box is any more, by the names of their nodes. */
	const gone = new Map<string, MachineId>();
	/** The same, also where they hold nobody up. */
	const missed = new Map<string, MachineId>();
	for (const machine of fleet.machines.values()) {
		const { machineId, approval, bootId, held, impossible, lease, seat, target } = machine;
		const waiting = approval === "approved" ? held : [{ bootId }, ...held];
		for (const one of waiting) asked.push({ kind: "approve", machineId, bootId: one.bootId, by });
		// Who sees that etcd lives gives nothing up for gone.
		if (
			impossible !== undefined &&
			!(world.etcd.lives() && /where (they are gone|none of them runs)/.test(impossible.reason))
		)
			reasons.push(impossible.reason);
		const [, role] =
			/rollcall role \S+ (\S+), and it has a seat for etcd/.exec(machineView(fleet, machine).next ?? "") ?? [];
		if (role !== undefined) asked.push({ kind: "pin-role", machineId, role, by });
		// One that failed holds up the others until it is well or removed, and no box is this machine any more.
		// One that is lost holds up the change of keys that were in other hands, too.
		const isBehind = target !== undefined && (target.progress !== "applied" || fleet.exposed !== undefined);
		const isGone = seat !== undefined && lease === "lost" && allAreIn && !world.machineOf(machineId);
		// One that got ill by its newest target, and then was lost, holds them up as well, and it is told.
		const isToGo = isGone && (isBehind || /rollcall remove/.test(machineView(fleet, machine).next ?? ""));
		if (isToGo) gone.set(seat.nodeName, machineId);
		if (isGone) missed.set(seat.nodeName, machineId);
	}
	const texts = [...reasons, risk];
	for (const name of texts.flatMap(missedIn)) {
		const machineId = missed.get(name);
		if (machineId !== undefined) gone.set(name, machineId);
	}
	// Who sees that etcd lives accepts no loss of it.
	const accepted = new Set(world.etcd.lives() ? [] : texts.flatMap(givenUp));
	for (const [nodeName, machineId] of gone)
		asked.push({ kind: "remove", machineId, by, ...(accepted.has(nodeName) ? { acceptLoss: "etcd" } : {}) });
	if (reasons.some((reason) => reason.includes("rollcall etcd restore newest")))
		asked.push({ kind: "etcd-choose", from: "newest", by });
	else if (reasons.some((reason) => reason.includes("rollcall etcd restore none")))
		asked.push({ kind: "etcd-choose", from: "none", by });
	if (leader) for (const input of asked) world.askAsPerson(leader, input);

	const named = new Set(reasons.flatMap(bootedAnew));
	for (const name of bootedAnew(risk)) named.add(name);
	const booted = [...fleet.machines.values()].flatMap(({ machineId, seat }) =>
		named.has(seat?.nodeName ?? machineId) ? (world.machineOf(machineId) ?? []) : [],
	);
	// Whoever lost etcd's memory in the midst of a boot is told to boot anew.
	for (const machine of world.machines) if (machine.boot?.etcd?.lost) booted.push(machine);
	for (const { machineId, impossible } of fleet.machines.values()) {
		const machine = impossible?.reason.includes("boot it anew") ? world.machineOf(machineId) : undefined;
		if (machine) booted.push(machine);
	}
	// Where nothing of etcd lives, and nobody is told to bring memory back, what lies on a machine without a seat is of no more use; nor is that of an etcd that can never have a majority again.
	const mayBeUsed = world.etcd.lives() || texts.some((text) => text.includes("memory may live"));
	for (const machine of fleet.machines.values()) {
		const box = world.machineOf(machine.machineId);
		if (!box || (mayBeUsed && !world.etcd.isHopeless(box.boot))) continue;
		if (/when that memory may go, rollcall reboot/.test(machineView(fleet, machine).next ?? "")) booted.push(box);
	}
	// A box that believes to be over is booted again by whoever finds it so.
	for (const machine of world.machines)
		if (!machine.boot || machine.boot.over || machine.boot.hopeless) booted.push(machine);
	for (const machine of new Set(booted)) machine.powerOn();
	return asked.length > 0 || booted.length > 0;
}

/** The machines that a text says to bring back or to boot anew, or else to remove. */
function missedIn(text: string): string[] {
	const found = /bring (.+?) back, or rollcall remove/.exec(text) ?? /boot (.+?) anew, or rollcall remove/.exec(text);
	return found?.[1]?.split(", ") ?? [];
}

/** The machines that a text says to bring back, or to boot anew, or else to give up with what etcd wrote there. */
function givenUp(text: string): string[] {
	if (!text.includes("rollcall remove --accept-loss etcd what is gone for good")) return [];
	const found = /bring (.+?) back, or/.exec(text) ?? /boot (.+?) anew/.exec(text);
	return found?.[1]?.split(", ") ?? [];
}

/** The machines that a text says to boot anew: it names them there, or before. */
function bootedAnew(text: string): string[] {
	const found = /in the memory of (.+?): boot them anew/.exec(text) ?? /boot (.+?) anew/.exec(text);
	return found?.[1]?.split(", ") ?? [];
}
