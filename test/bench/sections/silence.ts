import { setTimeout as sleep } from "node:timers/promises";
import type { Event, LeaseState, MachineId } from "@rollcall/protocol";
import { withDeadline } from "@rollcall/test-support/eventually";
import type { Context, Section } from "../context.ts";
import { type BenchCoordinator, startCoordinator } from "../coordinator.ts";
import { summarize } from "../numbers.ts";
import type { Death } from "../swarm/orders.ts";
import { beatingSwarm } from "../swarm/swarm.ts";
import { watchEvents } from "../watch-events.ts";

const LOST_WITHIN_MS = 30_000;

/** From the last moment of a machine to the moment at which a reader of the event stream knows. */
export const silence: Section = async (context) => {
	const fleets = [];
	for (const machines of context.quick ? [200] : [10, 10_000]) fleets.push(await oneFleet(context, machines));
	return { fleets, goal: { suspectP99Ms: 3_000, lostP99Ms: 10_000 } };
};

async function oneFleet(context: Context, machines: number): Promise<Record<string, unknown>> {
	const { cleanup, quick, say } = context;
	const fleet = await context.seeded(machines);
	const coordinator = await startCoordinator(cleanup, { dataFolder: fleet.dataFolder });
	const swarm = await beatingSwarm(cleanup, { coordinator, machines: fleet.machines });
	await allAlive(coordinator, machines);
	say(`${machines} machines beat`);
	const seen = new Map<string, number>();
	const stopWatching = await watchEvents(coordinator, (event: Event) => {
		if (event.type === "lease-changed") seen.set(keyOf(event.machineId, event.lease), Date.now());
	});
	const count = machines === 10 ? 10 : quick ? 20 : 100;
	const deaths = await swarm.tell("silence", { count, overMs: machines > 1_000 ? 10_000 : 4_000 });
	await withDeadline(`${count} lost machines`, allSeen(deaths, seen), LOST_WITHIN_MS);
	stopWatching();
	const delays = (lease: LeaseState, from: "at" | "lastBeatAt"): number[] =>
		deaths.map((death) => (seen.get(keyOf(death.machineId, lease)) ?? Number.NaN) - death[from]);
	const wrong = [...seen.keys()].filter((key) => !deaths.some(({ machineId }) => key.startsWith(machineId)));
	await coordinator.stop();
	return {
		machines,
		died: count,
		sinceDeathMs: { suspect: summarize(delays("suspect", "at")), lost: summarize(delays("lost", "at")) },
		sinceLastBeatMs: {
			suspect: summarize(delays("suspect", "lastBeatAt")),
			lost: summarize(delays("lost", "lastBeatAt")),
		},
		/** Machines that were alive all the time. */
		wronglySuspected: wrong.length,
	};
}

async function allAlive(coordinator: BenchCoordinator, machines: number): Promise<void> {
	const text = async () => (await fetch(`${coordinator.url}/metrics`)).text();
	while (!new RegExp(`^rollcall_leases\\{lease="alive"\\} ${machines}$`, "m").test(await text())) await sleep(250);
	// A coordinator that has just begun to lead grants everybody time to find it.
	await sleep(11_000);
}

async function allSeen(deaths: readonly Death[], seen: ReadonlyMap<string, number>): Promise<void> {
	while (!deaths.every(({ machineId }) => seen.has(keyOf(machineId, "lost")))) await sleep(50);
}

function keyOf(machineId: MachineId, lease: LeaseState): string {
	return `${machineId} ${lease}`;
}
