import { etcdRole, type Fleet, type Machine } from "@rollcall/coordinator/simulator";
import { type ClusterDocument, healthDigest } from "@rollcall/protocol";
import { Broken, must } from "./broken.ts";
import { fits, isFree } from "./fleet-rules.ts";
import { checkExposed } from "./key-rules.ts";
import { hasValidCertificate } from "./machine/trusted.ts";
import { checkTakenBack } from "./role-rules.ts";
import type { World } from "./world.ts";

/** True when all has come about that must. */
export function isSettled(world: World): boolean {
	const { stackTraceLimit } = Error;
	// Nobody reads where it was found out, and to write that down costs as much as to look.
	Error.stackTraceLimit = 0;
	try {
		checkSettled(world);
		return true;
	} catch (error) {
		if (error instanceof Broken) return false;
		throw error;
	} finally {
		Error.stackTraceLimit = stackTraceLimit;
	}
}

/** What must have come about some time after the last fault: everybody has what the document means for them. */
export function checkSettled(world: World): void {
	const leaders = world.coordinators.filter((coordinator) => coordinator.leads);
	const [leader] = leaders;
	must(
		leader !== undefined && leaders.length === 1,
		"one coordinator leads in the end",
		() => `${leaders.length} lead`,
	);
	const untold = leader.fleet ? world.checker.stillUntold(leader.fleet) : [];
	must(untold.length === 0, "damage of the log is told in the end", () => `${leader.name} ${untold}`);
	must(!world.checker.backUntold, "a log that went back is told in the end", () => leader.name);
	const truth = world.checker.damaged && leader.fleet ? leader.fleet : world.checker.truth;
	const held = new Set(
		[...truth.machines.values()].flatMap((one) => one.held.map(({ bootId }) => bootId as string | undefined)),
	);
	for (const { box, boot } of world.machines) {
		// It waits for a person, who can see it and let it in.
		if (held.has(boot?.bootId)) continue;
		const machine = boot?.machineId === undefined ? undefined : truth.machines.get(boot.machineId);
		must(
			machine?.bootId === boot?.bootId && machine !== undefined,
			"every machine is known in the end",
			() => `${box.name} ${boot?.machineId} ${boot?.over ? "believes that it is over" : ""}`,
		);
		must(machine.lease === "alive", "every machine is alive in the end", () => `${box.name} ${machine.machineId}`);
		must(machine.command === undefined, "commands end", () => `${machine.machineId} ${machine.command?.command}`);
		const { seat, target } = machine;
		must(machine.leaving === undefined, "who lost a seat is empty in the end", () => machine.machineId);
		must(
			machine.impossible?.reason.includes("lost its majority") !== true || !world.etcd.lives(),
			"a reason is true",
			() => `${machine.machineId} ${machine.impossible?.reason}`,
		);
		if (!seat || machine.impossible !== undefined || lacksOthers(truth, machine)) continue;
		must(
			target?.progress === "applied",
			"everybody with a seat is ready in the end",
			() => `${machine.machineId} ${target?.progress}`,
		);
		// A member of etcd whose slot is not declared any more keeps what it has until etcd took it out, which needs another one that can take its place.
		const isDeclared = truth.cluster?.document.slots.some(({ name }) => name === seat.slot);
		const summary = world.targets.summarize(truth, machine, seat);
		must(
			!isDeclared || (summary.ok && summary.digest === target.digest),
			"targets are what the state means",
			() => machine.machineId,
		);
		must(
			boot?.generation === target.generation,
			"agents run their targets in the end",
			() => `${machine.machineId} ${boot?.generation} ${target.generation}`,
		);
		must(boot.kubeletIsUpToDate(), "units run on the files that are there", () => box.name);
		must(hasValidCertificate(boot.disk, world.wallClock()), "certificates are valid in the end", () => box.name);
		must(boot.health === healthDigest(machine.health), "health is known in the end", () => machine.machineId);
	}
	must(
		!world.etcd.lives() || truth.etcd !== undefined || held.size > 0 || hasEmptySeat(truth),
		"etcd that lives is known in the end",
		() => `${truth.founding?.map(({ nodeName }) => nodeName)}`,
	);
	checkExposed(truth);
	world.etcd.checkEnd();
	world.api.checkEnd(truth);
	world.etcd.checkSnapshots(truth);
	checkTakenBack(truth);
	checkFilled(truth, truth.cluster?.document.slots ?? []);
	// Last, since it costs most, and while anything else is not well nobody asks for it.
	for (const coordinator of world.coordinators)
		must(world.checker.compare(coordinator), "who follows knows all in the end", () => coordinator.name);
}

/**
 * True for a machine that runs etcd beside others most of which cannot have a target, for a reason that is told, such as too little memory: alone it
 * gets no majority. Who declared so has to declare otherwise.
 */
function lacksOthers({ cluster, machines }: Fleet, { seat }: Machine): boolean {
	if (!cluster || seat?.role !== etcdRole(cluster.document)) return false;
	const holders = [...machines.values()].filter((one) => one.seat?.role === seat.role);
	// What is of etcd itself is no such reason: that has to end.
	const never = holders.filter(({ impossible }) => impossible?.kind === "unfit");
	return never.length * 2 >= holders.length;
}

/** True where a seat for etcd is empty, which nobody can take: etcd waits for all of them, and says so. */
function hasEmptySeat({ cluster, seats }: Fleet): boolean {
	const slots = cluster?.document.slots.filter(({ role }) => role === etcdRole(cluster.document)) ?? [];
	return slots.some(
		({ name, count }) =>
			typeof count === "number" && [...seats.keys()].filter((key) => key.startsWith(`${name}/`)).length < count,
	);
}

/** No seat stays empty while somebody could take it who is not a spare. */
function checkFilled(truth: Fleet, slots: ClusterDocument["slots"]): void {
	const free = new Set([...truth.machines.values()].filter(isFree));
	for (const slot of slots) {
		const matching = [...free].filter((machine) => fits(slot, machine));
		const held = [...truth.machines.values()].filter(({ seat }) => seat?.slot === slot.name).length;
		const empty = slot.count === "rest" ? matching.length : Math.max(0, slot.count - held);
		must(
			empty === 0 || matching.length === 0,
			"seats are filled in the end",
			() => `${slot.name}: ${empty} empty, ${matching.length} could take them`,
		);
		// As many as the decisions keep back; which ones does not matter for those after it, as they are the same kinds.
		for (const machine of matching.sort((a, b) => (a.machineId < b.machineId ? -1 : 1)).slice(0, slot.spares))
			free.delete(machine);
	}
}
