import { LOST_AFTER_MS } from "@rollcall/coordinator/simulator";
import { must } from "./broken.ts";
import { checkAgents } from "./machine/agent-rules.ts";
import { checkToldOfNoApi } from "./role-rules.ts";
import { beyondAt, checkTold, isBeyond } from "./version-rules.ts";
import type { World } from "./world.ts";

/** What a leader may be late by: a tick, a turn, and the clocks of two coordinators. */
const LATE_MS = 8_000;

/** What it may be late by besides where each answer of the log takes a second. */
const SLOWLY_MS = 6_000;

/** After a pause the silence in it is forgiven; it does not matter any more after this. */
const FORGIVEN_MS = 40_000;
/** So long a leader that begins, or that has the bus again, waits for agents that look for the bus. */
const GRACE_MS = 10_000;

/** So long a lead may be nobody's: a leader's silence, an answer of the log that does not come, and some tries. */
const LEADERLESS_MS = 15_000;
/** Whoever cannot follow the log looks again after so long. */
const BEYOND_MS = 10_000;

/** What must have been noticed by now, if a coordinator leads and runs. */
export function checkTimely(world: World): void {
	checkLed(world);
	checkAgents(world);
	checkTold(world);
	const leader = world.leader();
	const { now } = world.schedule;
	const fleet = leader?.fleet;
	if (!leader || !fleet || world.coordinators.some(({ pausedUntil }) => pausedUntil > now - FORGIVEN_MS)) return;
	if (
		(world.storeIsIll && !world.storeIsSlow) ||
		now - leader.listensSince < LATE_MS ||
		(!world.checker.damaged && fleet.seq !== world.checker.truth.seq)
	)
		return;
	checkToldOfNoApi(fleet);
	const at = leader.now();
	const late = LATE_MS + (world.storeIsSlow ? SLOWLY_MS : 0);
	// Who was away from the bus heard nobody meanwhile, and begins to listen anew.
	const listensSince = Math.max(leader.listensSince, world.network.reconnectedAt(leader.name));
	for (const machine of fleet.machines.values()) {
		const { machineId, bootId, target, command, lease } = machine;
		const listening = Math.min(now - listensSince - GRACE_MS, at - machine.enrolledAt);
		const silent = Math.min(listening, world.checker.silence(leader, machineId, bootId));
		must(
			lease === "lost" || silent < LOST_AFTER_MS + late,
			"silent machines are lost in time",
			() => `${machineId} is ${lease} after ${silent} ms`,
		);
		const open = target?.progress === "issued" || target?.progress === "applying";
		must(
			!open || at < target.deadlineAt + late,
			"targets end in time",
			() => `${machineId} ${target?.generation} is ${target?.progress}`,
		);
		must(!command || at < command.deadlineAt + late, "commands end in time", () => `${machineId} ${command?.command}`);
	}
}

/** When somebody was seen to lead last: one whose lease ends while he stands still leads until he goes on, by his own word. */
const LED_AT = new WeakMap<World, number>();

/** Who runs for a while, and reaches the log, leads or knows who does. */
function checkLed(world: World): void {
	const { now } = world.schedule;
	if (world.leader() !== undefined) LED_AT.set(world, now);
	const ledUntil = Math.max(LED_AT.get(world) ?? 0, ...world.coordinators.map((one) => one.ledUntil));
	const able = world.coordinators.find((one) => {
		const since = Math.max(one.upSince, one.pausedUntil, ledUntil, beyondAt(one) + BEYOND_MS);
		return one.up && !isBeyond(world, one) && now - since > LEADERLESS_MS;
	});
	must(
		!able || world.storeIsIll || world.leader() !== undefined || !world.network.calmSince(now - LEADERLESS_MS),
		"somebody leads in time",
		() => `${able?.name} runs since ${able?.upSince}`,
	);
}
