import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EventOf } from "@rollcall/protocol";
import type { Context, Section } from "../context.ts";
import { startCoordinator } from "../coordinator.ts";
import { summarize } from "../numbers.ts";
import { bootingMember } from "../swarm/members.ts";
import { startSwarm } from "../swarm/swarm.ts";
import { watchEvents } from "../watch-events.ts";

const DOCUMENT = JSON.stringify({
	apiVersion: "rollcall/v1",
	kind: "Cluster",
	name: "bench",
	kubernetes: { version: "1.36", podNetwork: "routed" },
	networks: { pods: "10.128.0.0/12", services: "10.254.0.0/16" },
	approval: { rules: [{ name: "all", selector: {} }] },
	slots: [{ name: "workers", role: "worker", count: "rest" }],
});
/** Between two machines that come, in milliseconds: those before have been told by then. */
const COMES_EVERY_MS = 1_000;

/** From the record that a node got its share of the pod network to the table with it in every other node's hands, and the bytes; then to the kernel. */
export const podRoutes: Section = async (context) => {
	const fleets = [];
	for (const machines of context.quick ? [3] : [3, 500]) fleets.push(await oneFleet(context, machines));
	return { fleets, kernel: [3, 500].map(kernel), goal: { decisionToTableMaxMs: 1_000 } };
};

async function oneFleet({ cleanup, folder, quick, say }: Context, machines: number): Promise<Record<string, unknown>> {
	const dataFolder = folder(`pod-routes-${machines}`);
	const coordinator = await startCoordinator(cleanup, { dataFolder, document: DOCUMENT });
	const swarm = startSwarm(cleanup);
	await swarm.tell("routes", {});
	const member = async (number: number) => bootingMember(number, await coordinator.enrollToken());
	const come = async (numbers: readonly number[], overMs: number) => {
		const members = [];
		for (const number of numbers) members.push(await member(number));
		return await swarm.tell("arrive", { coordinator: coordinator.url, members, overMs });
	};
	const first = [...Array(machines).keys()].map((index) => index + 1);
	const arrivals = await come(first, machines * 40);
	const failed = arrivals.filter((arrival) => arrival.failed !== undefined).length;
	await swarm.tell("beat", {});
	await sleep(3_000);
	await swarm.tell("told", {});
	say(`${machines} nodes have routes to each other`);
	const dealt: EventOf<"pod-networks-dealt">[] = [];
	const stop = await watchEvents(
		coordinator,
		(event) => void (event.type === "pod-networks-dealt" && dealt.push(event)),
	);
	const delays: number[] = [];
	const bytes: number[] = [];
	const lastMs: number[] = [];
	for (let count = 0; count < (quick ? 2 : 10); count++) {
		await come([machines + 1 + count], 0);
		await sleep(COMES_EVERY_MS);
		const told = await swarm.tell("told", {});
		const at = dealt.at(-1)?.at ?? Number.NaN;
		const known = told.filter(({ nodes }) => nodes === machines + 1 + count && nodes > 0);
		const own = known.map((one) => one.at - at);
		delays.push(...own);
		lastMs.push(Math.max(...own));
		bytes.push(...known.map((one) => one.bytes));
	}
	stop();
	await coordinator.stop();
	return {
		machines,
		failed,
		decisionToTableMs: summarize(delays),
		decisionToLastTableMs: summarize(lastMs),
		bytesPerNode: summarize(bytes),
	};
}

/** What a kernel takes for routes to so many nodes, all on one link, and for one more. Undefined where no namespace can be had. */
function kernel(nodes: number): Record<string, unknown> {
	const script = join(import.meta.dirname, "../pod-network/kernel-main.ts");
	const done = spawnSync("unshare", ["-n", process.execPath, script, String(nodes)], { encoding: "utf8" });
	if (done.status !== 0) return { nodes, failed: done.stderr.slice(0, 300) };
	return JSON.parse(done.stdout) as Record<string, unknown>;
}
