import { LOST_AFTER_MS } from "@rollcall/coordinator";
import { must } from "./broken.ts";
import type { World } from "./world.ts";

/** What a leader may be late by: a tick, a turn, and the clocks of two coordinators. */
const LATE_MS = 8_000;

/** What must have been noticed by now, if a coordinator leads and runs. */
export function checkTimely(world: World): void {
	const leader = world.leader();
	const { now } = world.schedule;
	if (!leader || world.coordinators.some(({ pausedUntil }) => pausedUntil > now - LATE_MS)) return;
	if (now - leader.leadsSince < LATE_MS || leader.fleet.seq !== world.checker.truth.seq) return;
	const at = leader.now();
	for (const machine of leader.fleet.machines.values()) {
		const { machineId, bootId, target, command, lease } = machine;
		const listening = at - Math.max(leader.heard.listeningSince, machine.enrolledAt);
		const silent = Math.min(listening, world.checker.silence(leader, machineId, bootId));
		must(
			lease === "lost" || silent < LOST_AFTER_MS + LATE_MS,
			"silent machines are lost in time",
			() => `${machineId} is ${lease} after ${silent} ms`,
		);
		const open = target?.progress === "issued" || target?.progress === "applying";
		must(
			!open || at < target.deadlineAt + LATE_MS,
			"targets end in time",
			() => `${machineId} ${target?.generation} is ${target?.progress}`,
		);
		must(
			!command || at < command.deadlineAt + LATE_MS,
			"commands end in time",
			() => `${machineId} ${command?.command}`,
		);
	}
}
