import { type Context, ownFolder, type Section } from "../context.ts";
import { type BenchCoordinator, startCoordinator } from "../coordinator.ts";
import { nodeFloorMs, syncFloorMs } from "../floors.ts";
import { summarize } from "../numbers.ts";
import { DOCUMENT } from "../seed/seed-fleet.ts";
import { bootingMember } from "../swarm/members.ts";
import type { Arrival } from "../swarm/orders.ts";
import { startSwarm } from "../swarm/swarm.ts";
import { countUse } from "../used.ts";

const OVER_MS = 1_000;
const TOKENS_AT_A_TIME = 4;

/** Many machines that nobody has seen boot within one second: from then until each holds its target. */
export const storm: Section = async (context) => {
	const sizes = context.quick ? [200] : [1_000, 5_000];
	const nodeMs = nodeFloorMs();
	const storms = [];
	for (const size of sizes) storms.push(await oneStorm(context, size));
	return {
		storms,
		floor: { syncedWriteMs: syncFloorMs(ownFolder(context.cleanup, "floor")), nodeMs },
		goal: { allAssignedFloors: { 1000: 3_000 / 27, 5000: 15_000 / 27 }, lost: 0, doubled: 0 },
	};
};

async function oneStorm({ cleanup, folder, say }: Context, size: number): Promise<Record<string, unknown>> {
	const coordinator = await startCoordinator(cleanup, { dataFolder: folder(`storm-${size}`), document: DOCUMENT });
	const tokens = await createTokens(coordinator, size);
	say(`${size} tokens are there`);
	const swarm = startSwarm(cleanup);
	const used = countUse(coordinator, swarm);
	const arrivals = await swarm.tell("arrive", {
		coordinator: coordinator.url,
		members: tokens.map((token, number) => bootingMember(number, token)),
		overMs: OVER_MS,
	});
	const use = used();
	// Counted from the first machine's start, since that is when the storm begins.
	const sinceBegin = (key: "enrolledMs" | "connectedMs" | "targetMs" | "appliedMs"): number[] =>
		arrivals.map((arrival, index) => arrival[key] + (index / size) * OVER_MS);
	const seated = arrivals.filter(({ seat }) => seat !== undefined);
	const result = {
		machines: size,
		allAssignedMs: Math.round(Math.max(...sinceBegin("targetMs"))),
		sinceBeginMs: {
			enrolled: summarize(sinceBegin("enrolledMs")),
			connected: summarize(sinceBegin("connectedMs")),
			assigned: summarize(sinceBegin("targetMs")),
			applied: summarize(sinceBegin("appliedMs")),
		},
		lost: size - seated.length,
		doubled: doubled(seated) + Math.max(0, (await assignments(coordinator)) - size),
		retries: arrivals.reduce((sum, { retries }) => sum + retries, 0),
		turnedAway: arrivals.reduce((sum, { turnedAway }) => sum + turnedAway, 0),
		failed: [...new Set(arrivals.flatMap(({ failed }) => failed ?? []))].slice(0, 5),
		used: use,
	};
	await coordinator.stop();
	return result;
}

async function createTokens(coordinator: BenchCoordinator, count: number): Promise<string[]> {
	const tokens: string[] = [];
	let begun = 0;
	const next = async (): Promise<void> => {
		while (begun++ < count) tokens.push(await coordinator.enrollToken());
	};
	await Promise.all(Array.from({ length: TOKENS_AT_A_TIME }, next));
	return tokens;
}

/** Machines that hold a seat, or an id, that another one holds, too. */
function doubled(seated: readonly Arrival[]): number {
	const seats = new Set(seated.map(({ seat }) => seat));
	const ids = new Set(seated.map(({ machineId }) => machineId));
	return 2 * seated.length - seats.size - ids.size;
}

/** How often the log says that a machine was assigned. */
async function assignments(coordinator: BenchCoordinator): Promise<number> {
	const text = await (await fetch(`${coordinator.url}/metrics`)).text();
	return Number(/^rollcall_events_total\{type="machine-assigned"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
