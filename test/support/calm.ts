import { apply, EMPTY_FLEET, stateDigest } from "@rollcall/coordinator/simulator";
import type { Event } from "@rollcall/protocol";
import { isAlive } from "@rollcall/test-support/process-table";
import type { ExecutionContext } from "ava";
import type { TestCoordinator } from "./coordinator.ts";
import { allReady, startMachine, type TestMachine } from "./machine.ts";
import { allAnswer, holdingsOf } from "./standing.ts";

/** What the coordinator tells of requests now and then: that a token was used, and how many were refused. */
const COUNTED: readonly Event["type"][] = ["tokens-used", "requests-refused"];

/** A machine that has nothing to do with a storm, and must not notice it. */
export interface Bystander {
	readonly machine: TestMachine;
	readonly machineId: string;
	/**
	 * Fails unless all is as before: coordinator and bystander alive, the latter with the same files and units, ready, and
	 * answering; the state the fold of the log; and no event since but of these types, and of those that count the test's own requests.
	 * Gives those back that are of these types.
	 */
	assertCalm(allowed?: readonly Event["type"][]): Promise<Event[]>;
}

/** Starts one and waits until it is ready. From then on nothing may happen. */
export async function startBystander(t: ExecutionContext, coordinator: TestCoordinator): Promise<Bystander> {
	const machine = await startMachine(t, coordinator, { name: "bystander" });
	const view = (await allReady(coordinator, 1)).find(({ phase }) => phase === "ready");
	if (!view) throw new Error("no bystander");
	const { machineId, bootId } = view;
	const [agentPid, holdings] = [machine.agentPid(), await holdingsOf([machine])];
	const { seq: since } = await coordinator.status();
	const assertCalm = async (allowed: readonly Event["type"][] = []): Promise<Event[]> => {
		await allAnswer(coordinator, [machineId], 10_000);
		const after = await coordinator.machine(machineId);
		t.deepEqual([after.machine.phase, after.machine.bootId], ["ready", bootId]);
		t.is(machine.agentPid(), agentPid);
		t.true(agentPid !== undefined && isAlive(agentPid));
		t.true(coordinator.process.child.exitCode === null);
		t.deepEqual(await holdingsOf([machine]), holdings);
		const status = await coordinator.status();
		const events = (await coordinator.events()).filter(({ seq }) => seq <= status.seq);
		t.is(stateDigest(events.reduce(apply, EMPTY_FLEET)), status.stateDigest);
		const news = events.filter(({ seq }) => seq > since);
		t.deepEqual(
			news.filter(({ type }) => !allowed.includes(type) && !COUNTED.includes(type)),
			[],
		);
		// Errors of the coordinator itself; what it refuses is no error.
		const errors = coordinator.process
			.output()
			.split("\n")
			.filter((line) => /"level":(?:50|60)/.test(line));
		t.deepEqual(errors, []);
		return news.filter(({ type }) => !COUNTED.includes(type) || allowed.includes(type));
	};
	return { machine, machineId, assertCalm };
}
