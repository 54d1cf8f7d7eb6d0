import type { Section } from "../context.ts";
import { startCoordinator } from "../coordinator.ts";
import { syncFloorMs } from "../disk-floor.ts";
import { summarize } from "../numbers.ts";
import { bootingMember } from "../swarm/members.ts";
import { beatingSwarm, startSwarm } from "../swarm/swarm.ts";
import { countUse } from "../used.ts";

/** Between two machines that boot, in milliseconds: they must not queue behind one another. */
const BOOT_EVERY_MS = 100;

/** From a hello to the target in the agent's hands, beside a fleet that beats: of a machine that goes on, and of a new boot. */
export const hello: Section = async (context) => {
	const { quick, cleanup, say } = context;
	const machines = quick ? 200 : 1_000;
	const fleet = await context.seeded(machines);
	const coordinator = await startCoordinator(cleanup, { dataFolder: fleet.dataFolder });
	const swarm = await beatingSwarm(cleanup, { coordinator, machines: fleet.machines });
	say(`${machines} machines beat`);
	const used = countUse(coordinator, swarm);
	const known = await swarm.tell("hello", { count: quick ? 300 : 2_000, everyMs: 5 });
	const usedByHellos = used();

	const boots = quick ? 20 : 150;
	const members = [];
	for (let number = 1; number <= boots; number++) members.push(bootingMember(number, await coordinator.enrollToken()));
	const arrivals = await startSwarm(cleanup).tell("arrive", {
		coordinator: coordinator.url,
		members,
		overMs: boots * BOOT_EVERY_MS,
	});
	const failed = arrivals.filter((arrival) => arrival.failed !== undefined);
	return {
		machines,
		helloToTargetMs: summarize(known.helloMs),
		newBoot: {
			helloToTargetMs: summarize(arrivals.map(({ targetMs, connectedMs }) => targetMs - connectedMs)),
			enrollToTargetMs: summarize(arrivals.map(({ targetMs }) => targetMs)),
			failed: failed.map((arrival) => arrival.failed),
		},
		floor: { busRoundTripMs: summarize(known.roundTripMs), syncedWriteMs: syncFloorMs(fleet.dataFolder) },
		used: usedByHellos,
		goal: { helloToTargetP99Ms: 20 },
	};
};
