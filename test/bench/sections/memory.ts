import { setTimeout as sleep } from "node:timers/promises";
import type { Context, Section } from "../context.ts";
import { type BenchCoordinator, startCoordinator } from "../coordinator.ts";
import { nodeFloorMs } from "../floors.ts";
import { INSPECTED, liveHeapBytes } from "../inspector.ts";
import { rounded } from "../numbers.ts";
import { anonymousBytes, costOf } from "../process-cost.ts";

const KIB = 1024;

interface Weighed {
	readonly fromLogMs: number;
	readonly fromSnapshotMs: number;
	/** Processor time up to then: what a start takes on a machine that does nothing else. */
	readonly fromLogCpuMs: number;
	/** After a start from the snapshot and a full collection. */
	readonly liveHeapBytes: number;
	readonly anonymousBytes: number;
}

/** What a machine costs in the coordinator's memory, and how long a start takes with a full log. */
export const memory: Section = async (context) => {
	const machines = context.quick ? 500 : 10_000;
	const nodeMs = nodeFloorMs();
	const few = await weigh(context, 10);
	const many = await weigh(context, machines);
	const perMachineKiB = (key: "liveHeapBytes" | "anonymousBytes"): number =>
		rounded((many[key] - few[key]) / (machines - 10) / KIB);
	return {
		machines,
		startMs: {
			fromLog: Math.round(many.fromLogMs),
			fromSnapshot: Math.round(many.fromSnapshotMs),
			fromLogCpu: many.fromLogCpuMs,
		},
		perMachineKiB: { liveHeap: perMachineKiB("liveHeapBytes"), anonymous: perMachineKiB("anonymousBytes") },
		with10Machines: few,
		withAll: many,
		floor: { startWith10MachinesMs: Math.round(few.fromLogMs), nodeMs },
		goal: { startFloors: 2_000 / 27, perMachineKiB: 25 },
	};
};

async function weigh({ cleanup, seeded }: Context, machines: number): Promise<Weighed> {
	const { dataFolder } = await seeded(machines);
	const first = await startCoordinator(cleanup, { dataFolder });
	const fromLogCpuMs = costOf(first.pid).cpuMs;
	await first.stop();
	const second = await startCoordinator(cleanup, { dataFolder });
	await second.stop();
	const inspected = await startCoordinator(cleanup, { dataFolder, nodeOptions: INSPECTED });
	const weighed = await settled(inspected);
	await inspected.stop();
	return { fromLogMs: first.readyAfterMs, fromSnapshotMs: second.readyAfterMs, fromLogCpuMs, ...weighed };
}

/** Garbage of the start goes in steps: collects a few times. */
async function settled(coordinator: BenchCoordinator): Promise<Pick<Weighed, "liveHeapBytes" | "anonymousBytes">> {
	let live = 0;
	for (let times = 0; times < 3; times++) {
		await sleep(500);
		live = await liveHeapBytes(coordinator.process);
	}
	return { liveHeapBytes: live, anonymousBytes: anonymousBytes(coordinator.pid) };
}
