import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { AgentConfig, createRehearsalUnits } from "@rollcall/agent";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import test, { type ExecutionContext } from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { createGate } from "../support/gate.ts";
import { allReady, type MachineOptions, startMachine, type TestMachine } from "../support/machine.ts";
import { allAnswer, everLost, holdingsOf, type Seats, seatsOf } from "../support/standing.ts";

const enter = createGate(2);

/** A coordinator with ready machines, and what they are and hold. */
async function startFleet(
	t: ExecutionContext,
	names: readonly string[],
	options: Partial<MachineOptions> = {},
): Promise<{ coordinator: TestCoordinator; machines: TestMachine[]; ids: string[]; seats: Seats; holdings: unknown }> {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t);
	const machines = await Promise.all(names.map((name) => startMachine(t, coordinator, { ...options, name })));
	await allReady(coordinator, names.length);
	const seats = await seatsOf(coordinator);
	return { coordinator, machines, ids: Object.keys(seats), seats, holdings: await holdingsOf(machines) };
}

test("a nats-server that is killed under a running fleet is started again: nobody is lost, all are ready, nothing on a machine changes", async (t) => {
	const { coordinator, machines, ids, seats, holdings } = await startFleet(t, ["bus-1", "bus-2", "bus-3"]);
	for (let round = 0; round < 2; round++) {
		const pid = coordinator.natsPid();
		process.kill(pid, "SIGKILL");
		await eventually("another nats-server", () => coordinator.natsPid() !== pid);
		await allAnswer(coordinator, ids);
	}
	await allReady(coordinator, 3);
	t.deepEqual(await seatsOf(coordinator), seats);
	t.deepEqual(await holdingsOf(machines), holdings);
	t.deepEqual(everLost(await coordinator.events()), []);
	// The log takes new events, and forgot none.
	await coordinator.enrollToken();
	const numbers = (await coordinator.events()).map(({ seq }) => seq);
	t.deepEqual(
		numbers,
		numbers.map((_seq, index) => index + 1),
	);
});

test("a coordinator that is stopped, or killed, and started again finds the same fleet; agents come back by themselves, and a machine that died meanwhile is found lost", async (t) => {
	const { coordinator, machines, ids, seats, holdings } = await startFleet(t, ["again-1", "again-2", "again-3"]);
	const second = await coordinator.restart({ signal: "SIGTERM" });
	await allAnswer(second, ids);
	await allReady(second, 3);
	t.deepEqual(await seatsOf(second), seats);

	const victim = machines[2];
	const bootId = victim && readFileSync(join(victim.root, "proc/sys/kernel/random/boot_id"), "utf8").trim();
	const dead = ids.find((id) => seats[id]?.bootId === bootId);
	if (!victim || !dead) return t.fail("no third machine");
	const third = await second.restart({ signal: "SIGKILL", between: () => victim.cutPower() });
	const alive = ids.filter((id) => id !== dead);
	await allAnswer(third, alive);
	await eventually(
		"the machine that died during the restart to be lost",
		async () => (await third.machine(dead)).machine.phase === "lost",
		40_000,
	);
	t.deepEqual(everLost(await third.events()), [dead]);
	t.deepEqual(await seatsOf(third), seats);
	for (const view of await third.machines()) if (view.machineId !== dead) t.is(view.phase, "ready");
	t.deepEqual(await holdingsOf(machines.slice(0, 2)), (holdings as unknown[]).slice(0, 2));
});

test("while coordinator and bus are away machines keep what they run, and their probes go on", async (t) => {
	const { coordinator, machines, ids, seats, holdings } = await startFleet(t, ["alone-1", "alone-2"]);
	const [, probed] = machines;
	if (!probed) return t.fail("no second machine");
	const { rehearsal } = AgentConfig.parse(
		JSON.parse(readFileSync(join(probed.root, "etc/rollcall/agent.json"), "utf8")),
	);
	const units = createRehearsalUnits(rehearsal?.socket ?? "");
	const second = await coordinator.restart({
		between: async () => {
			// In the place of its kubelet the test itself counts who looks after its health.
			await units.stop("kubelet.service");
			let looks = 0;
			const health = createServer((_request, response) => {
				looks += 1;
				response.end("ok");
			});
			await new Promise<void>((done) => health.listen(10248, probed.loopback, done));
			await eventually("probes without a coordinator", () => (looks >= 2 ? looks : undefined), 60_000);
			await new Promise((done) => {
				health.close(done);
				health.closeAllConnections();
			});
			await units.start("kubelet.service");
			t.deepEqual(await holdingsOf(machines.slice(0, 1)), (holdings as unknown[]).slice(0, 1));
			for (const { process: machine, agentPid } of machines) {
				t.is(machine.child.exitCode, null);
				t.not(agentPid(), undefined);
			}
		},
	});
	await allAnswer(second, ids);
	await allReady(second, 2);
	t.deepEqual(await seatsOf(second), seats);
	t.deepEqual(everLost(await second.events()), []);
});

test("agents find a bus that moved to another port with the coordinator's restart, by enrolling again without a token", async (t) => {
	const { coordinator, machines, ids, seats, holdings } = await startFleet(t, ["moved-1", "moved-2"], {
		rejoinAfter: 2,
	});
	const seq = (await coordinator.status()).seq;
	const second = await coordinator.restart({ natsPort: await freePort() });
	await allAnswer(second, ids);
	await allReady(second, 2);
	t.deepEqual(await seatsOf(second), seats);
	t.deepEqual(await holdingsOf(machines), holdings);
	const after = await second.events(seq);
	t.deepEqual(
		after.filter(({ type }) => type === "machine-enrolled" || type === "enrollment-refused"),
		[],
	);
});
