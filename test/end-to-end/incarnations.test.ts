import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { allReady, roleFiles, startMachine, unitStarts } from "../support/machine.ts";

test("an agent that is killed is suspect, then lost; started again in the same boot it changes no file and restarts no unit", async (t) => {
	const coordinator = await startCoordinator(t);
	const machine = await startMachine(t, coordinator, { name: "killed", noAgentRestart: true });
	const [before] = await allReady(coordinator, 1);
	if (!before) return t.fail("no machine");
	const files = roleFiles(machine);
	const starts = await unitStarts(machine);

	const agent = machine.agentPid();
	if (agent === undefined) return t.fail("no agent");
	process.kill(agent, "SIGKILL");
	await eventually(
		"the machine to be suspect",
		async () => (await coordinator.machine(before.machineId)).machine.phase === "suspect",
		10_000,
	);
	await eventually(
		"the machine to be lost",
		async () => (await coordinator.machine(before.machineId)).machine.phase === "lost",
		20_000,
	);

	machine.startAgent(t);
	const [after] = await allReady(coordinator, 1);
	t.is(after?.generation, before.generation);
	t.is(after?.digest, before.digest);
	t.deepEqual(roleFiles(machine), files);
	t.deepEqual(await unitStarts(machine), starts);
	const leases = (await coordinator.events())
		.filter((event) => event.type === "lease-changed")
		.map((event) => event.lease);
	t.deepEqual(leases, ["suspect", "lost", "alive"]);
});

test("a machine with a new boot id and an empty root gets its role again under a new generation, and its old incarnation is fenced", async (t) => {
	const coordinator = await startCoordinator(t);
	const machine = await startMachine(t, coordinator, { name: "rebooted" });
	const [before] = await allReady(coordinator, 1);
	if (!before) return t.fail("no machine");

	await machine.bootAgain(coordinator);
	const after = await eventually("the machine to be ready in its new boot", async () => {
		const [view] = await coordinator.machines();
		return view?.phase === "ready" && view.bootId !== before.bootId ? view : undefined;
	});
	t.is(after.machineId, before.machineId);
	t.is(after.nodeName, before.nodeName);
	t.is(after.role, before.role);
	t.true(after.generation > before.generation);
	const detail = await coordinator.machine(after.machineId);
	t.deepEqual(detail.fenced, [before.bootId]);
	const fenced = (await coordinator.events()).find((event) => event.type === "incarnation-fenced");
	t.is(fenced?.type === "incarnation-fenced" ? fenced.successor : undefined, after.bootId);
});
