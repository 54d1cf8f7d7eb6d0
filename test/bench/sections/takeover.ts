import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { startCoordinator, type TestCoordinator } from "../../support/coordinator.ts";
import type { Context, Section } from "../context.ts";
import { summarize } from "../numbers.ts";
import { startNatsCluster } from "../takeover/nats-cluster.ts";

/** Between two looks, in milliseconds. */
const LOOK_MS = 20;
const WITHIN_MS = 30_000;

/**
 * How long nobody records anything, with two coordinators on three nats-servers: from the kill of the coordinator that leads, and of the server that leads
 * the event log, until a write is acknowledged again.
 */
export const takeover: Section = async ({ cleanup, quick, say }: Context) => {
	const scope = { teardown: (end: () => unknown) => cleanup.add(end) };
	const rounds = quick ? 1 : 10;
	const bus = await startNatsCluster(scope);
	let pair = [await startPart(), await startPart()] as const;
	function startPart(): Promise<TestCoordinator> {
		return startCoordinator(scope, { ...bus.options, tls: "off", dataFolder: ownFolder(scope) });
	}
	await bus.whole();

	const coordinatorKilled: number[] = [];
	for (let round = 0; round < rounds; round++) {
		const [leader, other] = await roles(pair);
		const at = performance.now();
		leader.process.child.kill("SIGKILL");
		await written([other]);
		coordinatorKilled.push(performance.now() - at);
		pair = [other, await leader.restart()];
		say(`${round + 1} of ${rounds} leaders killed`);
	}
	const serverKilled: number[] = [];
	for (let round = 0; round < rounds; round++) {
		await roles(pair);
		const startAgain = await bus.killLeader();
		const at = performance.now();
		await written(pair);
		serverKilled.push(performance.now() - at);
		await startAgain();
		say(`${round + 1} of ${rounds} servers killed`);
	}
	return {
		coordinatorKilledMs: summarize(coordinatorKilled),
		serverKilledMs: summarize(serverKilled),
		goal: { mostMs: 3_000 },
	};
};

/** The one that leads, and the one that follows at the same place. */
async function roles(pair: readonly [TestCoordinator, TestCoordinator]): Promise<[TestCoordinator, TestCoordinator]> {
	return await eventually("a leader, and another one that follows", async () => {
		const [a, b] = await Promise.all(pair.map((one) => one.status()));
		if (!a || !b || a.leader === b.leader || a.seq !== b.seq) return undefined;
		return a.leader ? [pair[0], pair[1]] : [pair[1], pair[0]];
	});
}

/** Resolves when one of them has acknowledged a write. */
async function written(coordinators: readonly TestCoordinator[]): Promise<void> {
	const done = new AbortController();
	await Promise.any(
		coordinators.map((one) =>
			eventually(
				"an acknowledged write",
				async () => {
					if (done.signal.aborted) return true;
					const { status } = await one.request("POST", "/v1/tokens", { scope: "enroll", labels: {} });
					return status === 201;
				},
				WITHIN_MS,
				LOOK_MS,
			),
		),
	);
	done.abort();
}
