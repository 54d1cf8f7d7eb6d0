import { setTimeout as sleep } from "node:timers/promises";
import type { Context, Section } from "../context.ts";
import { type BenchCoordinator, startCoordinator } from "../coordinator.ts";
import { syncFloorMs } from "../floors.ts";
import { INSPECTED, profile } from "../inspector.ts";
import { summarize } from "../numbers.ts";
import { factsOf } from "../seed/seed-machine.ts";
import { slowest } from "../slowest.ts";
import { bootingMember } from "../swarm/members.ts";
import type { Arrival, Span } from "../swarm/orders.ts";
import { beatingSwarm, startSwarm } from "../swarm/swarm.ts";
import { countUse } from "../used.ts";

/** Between two machines that boot, in milliseconds: they must not queue behind one another. */
const BOOT_EVERY_MS = 100;
/** After so long without a beat a machine is lost, and its next boot waits for nobody. */
const LOST_AFTER_MS = 12_000;

/**
 * From a hello to the target in the agent's hands, beside a fleet that beats: of a machine that goes on, of a new boot of one that was
 * lost, and of one that nobody has seen yet. With `slowest` also what the coordinator did during the slowest hundredth of each.
 */
export const hello: Section = async (context) => {
	const { quick, cleanup, say } = context;
	const machines = quick ? 200 : 1_000;
	const fleet = await context.seeded(machines);
	const coordinator = await startCoordinator(cleanup, {
		dataFolder: fleet.dataFolder,
		...(context.slowest ? { nodeOptions: INSPECTED } : {}),
	});
	const swarm = await beatingSwarm(cleanup, { coordinator, machines: fleet.machines });
	say(`${machines} machines beat`);
	const watch = watched(context, coordinator);
	const used = countUse(coordinator, swarm);
	const known = await watch(
		() => swarm.tell("hello", { count: quick ? 300 : 2_000, everyMs: 5 }),
		({ hellos }) => hellos,
	);
	const usedByHellos = used();

	const boots = quick ? 20 : 150;
	const numbers = Array.from({ length: boots }, (_, index) => index);
	const booting = new Set(numbers.map((number) => factsOf(number).bootId));
	const ended = fleet.machines.filter(({ bootId }) => booting.has(bootId));
	await swarm.tell("end", { machineIds: ended.map(({ machineId }) => machineId) });
	await sleep(LOST_AFTER_MS);
	const arrive = (from: number) =>
		watch(
			async () => {
				const members = [];
				for (const number of numbers) members.push(bootingMember(from + number, await coordinator.enrollToken()));
				const order = { coordinator: coordinator.url, members, overMs: boots * BOOT_EVERY_MS };
				return startSwarm(cleanup).tell("arrive", order);
			},
			(arrivals) => arrivals.filter(({ failed }) => failed === undefined).map(({ hello }) => hello),
		);
	return {
		machines,
		helloToTargetMs: summarize(known.value.hellos.map(lengthMs)),
		...known.slowest,
		newBoot: arrived(await arrive(0)),
		newMachine: arrived(await arrive(machines)),
		floor: { busRoundTripMs: summarize(known.value.roundTripMs), syncedWriteMs: syncFloorMs(fleet.dataFolder) },
		used: usedByHellos,
		goal: { helloToTargetP99Ms: 20, newBootP99Ms: 50 },
	};
};

interface Watched<T> {
	readonly value: T;
	readonly slowest: object;
}

/** Does something, under the profiler where that was asked for. */
function watched({ slowest: isAsked }: Context, coordinator: BenchCoordinator) {
	return async <T>(what: () => Promise<T>, spansOf: (value: T) => readonly Span[]): Promise<Watched<T>> => {
		if (!isAsked) return { value: await what(), slowest: {} };
		const stop = await profile(coordinator.process);
		const value = await what();
		return { value, slowest: { slowest: slowest(await stop(), spansOf(value)) } };
	};
}

function arrived({ value, slowest: most }: Watched<readonly Arrival[]>): object {
	const failed = value.flatMap((arrival) => arrival.failed?.slice(0, 200) ?? []);
	const arrivals = value.filter((arrival) => arrival.failed === undefined);
	return {
		helloToTargetMs: summarize(arrivals.map(({ hello }) => lengthMs(hello))),
		enrollToTargetMs: summarize(arrivals.map(({ targetMs }) => targetMs)),
		failed: [...new Set(failed)].slice(0, 5),
		...most,
	};
}

function lengthMs({ fromUs, toUs }: Span): number {
	return (toUs - fromUs) / 1_000;
}
