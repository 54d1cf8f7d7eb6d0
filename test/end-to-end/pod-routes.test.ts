import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { declare, documentText } from "../support/documents.ts";
import { eventsOf } from "../support/events.ts";
import { startMachine, type TestMachine } from "../support/machine.ts";

const kubernetes = { podNetwork: "routed" };
const workers = (count: number) => ({ kubernetes, slots: [{ name: "workers", role: "worker", count }] });

/** Networks to which a rehearsed machine's agent would keep routes; undefined where it has no part in the pod network. */
function routesOf({ root }: TestMachine): string[] | undefined {
	const file = join(root, "run/rollcall/pod-network");
	if (!existsSync(file)) return undefined;
	const lines = readFileSync(file, "utf8").split("\n");
	return lines.flatMap((line) => /^route \w+ (\S+) via/.exec(line)?.[1] ?? []).sort();
}

test("each node has routes to all others, one that comes or goes is in everybody's, and no machine gets another target for it", async (t) => {
	const coordinator = await startCoordinator(t, { document: documentText(workers(3)) });
	const machines: TestMachine[] = [];
	for (const name of ["a", "b"]) machines.push(await startMachine(t, coordinator, { name }));
	const count = async () => (await eventsOf(coordinator, "target-issued")).length;
	await eventually("two nodes to know each other", () => machines.every((one) => routesOf(one)?.length === 1));
	const before = await count();
	machines.push(await startMachine(t, coordinator, { name: "c" }));
	await eventually("three nodes to know each other", () => machines.every((one) => routesOf(one)?.length === 2));
	t.is(await count(), before + 1);
	const dealt = await eventsOf(coordinator, "pod-networks-dealt");
	t.deepEqual(dealt.map(({ networks }) => networks[0]).sort(), ["10.254.0.0/24", "10.254.1.0/24", "10.254.2.0/24"]);

	await declare(coordinator, workers(2));
	await eventually("one of them to have no part in it any more", () => machines.some((one) => !routesOf(one)));
	const left = machines.filter((one) => routesOf(one));
	t.is(left.length, 2);
	await eventually("the others to have no route to it", () => left.every((one) => routesOf(one)?.length === 1));
});

test("an agent that dies takes its routes up again, and another boot of a machine keeps its share", async (t) => {
	const coordinator = await startCoordinator(t, { document: documentText(workers(2)) });
	const first = await startMachine(t, coordinator, { name: "a" });
	const second = await startMachine(t, coordinator, { name: "b" });
	const knows = (one: TestMachine) => routesOf(one)?.length === 1;
	await eventually("both to know each other", () => knows(first) && knows(second));
	const pid = first.agentPid();
	if (pid !== undefined) process.kill(pid, "SIGKILL");
	await eventually("another agent", () => first.agentPid() !== undefined && first.agentPid() !== pid);
	await eventually("its routes", () => knows(first));
	const network = routesOf(first);
	const again = await second.bootAgain(coordinator);
	await eventually("the second boot to know the first", () => knows(again), 60_000);
	const text = () => readFileSync(join(first.root, "run/rollcall/pod-network"), "utf8");
	const addresses = (await coordinator.machines()).map(({ address = "" }) => address);
	await eventually("the first to know the second where it is", () => addresses.some((one) => text().includes(one)));
	t.deepEqual(routesOf(first), network, "another boot of a machine keeps its share");
});
