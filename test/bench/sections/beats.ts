import { setTimeout as sleep } from "node:timers/promises";
import type { Section } from "../context.ts";
import { startCoordinator } from "../coordinator.ts";
import { rounded } from "../numbers.ts";
import { costOf } from "../process-cost.ts";
import { beatingSwarm } from "../swarm/swarm.ts";
import { countUse } from "../used.ts";

/** Silence may last this long before leases move, and the fleet of the log is silent at first. */
const IDLE_MS = 2_000;

/** What a fleet costs that only beats: processor time and writes to the disk of the coordinator and its nats-server. */
export const beats: Section = async (context) => {
	const machines = context.quick ? 1_000 : 10_000;
	const fleet = await context.seeded(machines);
	const coordinator = await startCoordinator(context.cleanup, { dataFolder: fleet.dataFolder });
	const cpuBefore = costOf(coordinator.pid).cpuMs;
	await sleep(IDLE_MS);
	const idle = rounded((costOf(coordinator.pid).cpuMs - cpuBefore) / IDLE_MS);
	const swarm = await beatingSwarm(context.cleanup, { coordinator, machines: fleet.machines });
	context.say(`${machines} machines beat`);
	// Connecting leaves garbage and late timers behind.
	await sleep(context.quick ? 1_000 : 10_000);
	const before = await coordinator.call<{ last: number }>("GET", "/v1/events?limit=1");
	const used = countUse(coordinator, swarm);
	await sleep(context.quick ? 3_000 : 30_000);
	const figures = used();
	const after = await coordinator.call<{ last: number }>("GET", "/v1/events?limit=1");
	return {
		machines,
		everyMs: 2_000,
		used: figures,
		eventsRecorded: after.last - before.last,
		floor: { idleCoordinatorCores: idle },
		goal: { coordinatorCores: 0.25, writtenBytes: 0 },
	};
};
