import { etcdRisk } from "@rollcall/coordinator/simulator";
import type { Coordinator } from "./coordinator.ts";
import { FAIR } from "./network.ts";
import type { World } from "./world.ts";

/** Ends all faults: everything is on, connected and right. */
export function calm(world: World): void {
	world.network.weather = FAIR;
	world.network.healAll();
	world.applyFailure = 0;
	world.answerLoss = 0;
	world.storeMs = 0.3;
	world.etcdMs = 20;
	world.store.maxBytes = Math.max(world.store.maxBytes, 64 * 1024 * 1024);
	for (const coordinator of world.coordinators) {
		coordinator.crashAt = undefined;
		coordinator.folder.full = false;
		coordinator.clockOffset = 0;
		coordinator.start();
	}
	const leader = world.leader();
	if (leader?.fleet?.log?.doubt) leader.ask({ kind: "log-accept", by: "operator" });
	for (const machine of world.machines) {
		machine.endDoubles();
		machine.boot?.fill(false);
		if (machine.boot) machine.boot.ails = false;
	}
	for (const { machineId, approval, bootId, held } of (leader?.fleet ?? world.checker.truth).machines.values()) {
		const waiting = approval === "approved" ? held : [{ bootId }, ...held];
		for (const one of waiting) leader?.ask({ kind: "approve", machineId, bootId: one.bootId, by: "operator" });
	}
	followAdvice(world, leader);
	// Whoever lost etcd's memory in the midst of a boot is told to boot anew.
	for (const machine of world.machines) if (machine.boot?.etcd?.lost) machine.powerOn();
	// A box that believes to be over is booted again by whoever finds it so.
	for (const machine of world.machines)
		if (!machine.boot || machine.boot.over || machine.boot.hopeless) machine.powerOn();
}

/** A person does what the reasons say why machines cannot go on: boots others anew, and says what etcd is to begin with. */
function followAdvice(world: World, leader: Coordinator | undefined): void {
	const fleet = leader?.fleet ?? world.checker.truth;
	const reasons = [...fleet.machines.values()].map(({ impossible = "" }) => impossible);
	const named = new Set(reasons.flatMap(bootedAnew));
	if (reasons.some((reason) => reason.includes("rollcall etcd restore newest")))
		leader?.ask({ kind: "etcd-choose", from: "newest", by: "operator" });
	// Who sees that no majority is left asks what to do.
	if (!world.etcd.lives()) for (const name of bootedAnew(etcdRisk(fleet, fleet.at) ?? "")) named.add(name);
	for (const { machineId, seat } of fleet.machines.values())
		if (named.has(seat?.nodeName ?? machineId)) world.machineOf(machineId)?.powerOn();
}

/** The machines that a text says to boot anew: it names them there, or before. */
function bootedAnew(text: string): string[] {
	const found = /in the memory of (.+?): boot them anew/.exec(text) ?? /boot (.+?) anew/.exec(text);
	return found?.[1]?.split(", ") ?? [];
}
