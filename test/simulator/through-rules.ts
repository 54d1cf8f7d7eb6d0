import type { EventOf } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import type { Boot } from "./machine/boot.ts";
import type { World } from "./world.ts";

/** What is said again and again until it is heard has come through after so long, where nothing is in its way. */
const THROUGH_MS = 12_000;

/** Why a target ends whose machine is lost. */
const LOST = "the machine was lost";

/** A target does not end without success that its machine could hear of, or of which it said what became of it, for long. */
export function checkExpired(
	world: World,
	by: Coordinator,
	{ machineId, generation, reason }: EventOf<"target-expired">,
): void {
	// It said good-bye, or was silent: that has rules of its own.
	if (reason === LOST) return;
	const machine = by.fleet?.machines.get(machineId);
	const boot = machine && world.bootOf(machine.bootId);
	if (!by.fleet || !machine || !boot || !isClear(world, { leader: by, boot, ms: THROUGH_MS })) return;
	const { seat, target, impossible, lease } = machine;
	if (!seat || impossible || lease !== "alive" || target?.generation !== generation) return;
	const summary = world.targets.summarize(by.fleet, machine, seat);
	if (!summary.ok || summary.digest !== target.digest) return;
	must(
		boot.highest >= generation,
		"who can be reached hears of its target",
		() => `${machineId} knows of ${boot.highest}, and ${generation} has expired`,
	);
	const said = [...boot.said.values()].findLast((one) => one.generation === generation && one.progress !== undefined);
	const isOver = said?.progress?.state === "applied" || said?.progress?.state === "rejected";
	must(
		!isOver || (said?.sequence ?? 0) > world.schedule.now - boot.since - THROUGH_MS,
		"what a machine says of its target is heard",
		() => `${machineId} said ${said?.progress?.state} of ${generation} as report ${said?.sequence}`,
	);
}

/** True where an agent could order certificates of what it runs for so long. */
export function isServed(world: World, boot: Boot, ms: number): boolean {
	const leader = world.leader();
	const machine = boot.machineId === undefined ? undefined : leader?.fleet?.machines.get(boot.machineId);
	// What came from a wrong clock is not valid, and is asked for again later and later.
	if (!leader || world.coordinators.some(({ clockWasSet }) => clockWasSet)) return false;
	if (machine?.bootId !== boot.bootId || !isClear(world, { leader, boot, ms })) return false;
	const { seat, target, approval } = machine;
	const isApplied = target?.progress === "applied" && target.generation === boot.generation;
	return seat !== undefined && approval === "approved" && isApplied;
}

/** True where nothing was in the way between a leader and a boot for so long. */
function isClear(
	world: World,
	of: { readonly leader: Coordinator; readonly boot: Boot; readonly ms: number },
): boolean {
	const { leader, boot, ms } = of;
	const since = world.schedule.now - ms;
	return (
		boot.reachedSince <= since &&
		leader.listensSince <= since &&
		world.coordinators.every((one) => one.stoodStill(since) === 0) &&
		!world.storeIsIll &&
		world.storeWellSince <= since &&
		world.network.clearSince(since)
	);
}
