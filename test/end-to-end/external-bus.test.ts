import { join as joinPath } from "node:path";
import { eventually, withDeadline } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { launchCoordinator, startCoordinator } from "../support/coordinator.ts";
import { startExternalNats } from "../support/external-nats.ts";
import { createGate } from "../support/gate.ts";
import { connectAs, join, joinInPlace, newIncarnation } from "../support/incarnation.ts";
import { allReady, startMachine } from "../support/machine.ts";
import { allAnswer, everLost, holdingsOf, seatsOf } from "../support/standing.ts";

const enter = createGate(2);

test("a fleet on a NATS of somebody else becomes ready, and outlives that NATS's end and the coordinator's: nobody is lost, nothing on a machine changes", async (t) => {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	const coordinator = await startCoordinator(t, nats.options());
	t.throws(() => coordinator.natsPid(), { message: /has no nats-server/ });
	const machines = await Promise.all(["extern-1", "extern-2"].map((name) => startMachine(t, coordinator, { name })));
	await allReady(coordinator, 2);
	const [seats, holdings] = [await seatsOf(coordinator), await holdingsOf(machines)];
	const ids = Object.keys(seats);

	await nats.kill();
	await eventually("the coordinator to miss its bus", async () => {
		const { status } = await coordinator.request("GET", "/readyz");
		return status === 503;
	});
	await nats.start();
	await allAnswer(coordinator, ids);
	await coordinator.enrollToken();

	const second = await coordinator.restart({ signal: "SIGKILL" });
	await allAnswer(second, ids);
	await allReady(second, 2);
	t.deepEqual(await seatsOf(second), seats);
	t.deepEqual(await holdingsOf(machines), holdings);
	t.deepEqual(everLost(await second.events()), []);
	t.deepEqual((await nats.entries()).flat(), await second.events());
});

for (const system of [true, false]) {
	const title = system
		? "with system credentials an agent of a fenced boot is cut off"
		: "without system credentials an agent of a fenced boot stays connected, and the coordinator listens to the new boot alone";
	test(title, async (t) => {
		t.teardown(await enter());
		const nats = await startExternalNats(t);
		const coordinator = await startCoordinator(t, nats.options({ system }));
		const old = newIncarnation();
		const reply = await join(coordinator, old);
		const connection = await connectAs(t, old, reply);
		const { uuid = "" } = old.facts.smbios;
		const young = newIncarnation({ uuid, ...(old.facts.nics[0]?.mac ? { mac: old.facts.nics[0].mac } : {}) });
		const again = await joinInPlace(coordinator, young);
		t.is(again.machineId, reply.machineId);
		t.not(again.jwt, reply.jwt);
		if (system) {
			await withDeadline("the old boot to be cut off", connection.closed());
			t.false((await nats.connectedUsers()).includes(old.publicKey));
		} else {
			await eventually("the coordinator to say so", () =>
				coordinator.process.output().includes("until their credentials expire"),
			);
			t.false(connection.isClosed());
			t.true((await nats.connectedUsers()).includes(old.publicKey));
		}
		t.is((await coordinator.machine(reply.machineId)).machine.bootId, young.facts.bootId);
	});
}

/** A coordinator that cannot start: how it ended, and its last words. */
async function failedStart(
	t: ExecutionContext,
	options: Parameters<typeof startCoordinator>[1],
): Promise<{ code: number | null; said: string }> {
	const started = launchCoordinator(t, { ...options, dataFolder: ownFolder(t), natsPort: await freePort() });
	const { code } = await withDeadline("the coordinator to give up", started.exited);
	return { code, said: started.output().split("rollcall coordinator: ")[1]?.trim() ?? started.output() };
}

test("credentials that the NATS does not know end the start with the file and what to put there", async (t) => {
	t.teardown(await enter());
	const [nats, other] = [await startExternalNats(t), await startExternalNats(t)];
	const credentialsFile = joinPath(other.keys, "coordinator.creds");
	const { code, said } = await failedStart(t, nats.options({ external: { credentialsFile } }));
	t.is(code, 1);
	t.is(
		said,
		`NATS at ${nats.url} refuses the coordinator's user: Authorization Violation; nats.external.credentialsFile is ${credentialsFile}: put the credentials of a user there whose account these servers know`,
	);
});

test("a NATS, or an account, without JetStream ends the start with what to switch on", async (t) => {
	t.teardown(await enter());
	const [without, nats] = [await startExternalNats(t, { jetStream: false }), await startExternalNats(t)];
	const credentialsFile = joinPath(nats.keys, "system.creds");
	const failures = await Promise.all([
		failedStart(t, without.options()),
		failedStart(t, nats.options({ external: { credentialsFile } })),
	]);
	for (const { code, said } of failures) {
		t.is(code, 1);
		t.regex(said, /^NATS at \S+ gives the user of \S+ no JetStream, .*; switch it on in the servers' configuration/);
		t.is(said.split("\n").length, 1);
	}
});

test("a NATS that cannot be reached is waited for: it may come, the wait may end with what to look at, or be ended by a signal", async (t) => {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	await nats.kill();
	const { code, said } = await failedStart(t, nats.options({ external: { waitSeconds: 1 } }));
	t.is(code, 1);
	t.regex(said, /^NATS at \S+ cannot be reached: connection refused; look whether a nats-server listens there/);

	const dataFolder = ownFolder(t);
	const stopped = launchCoordinator(t, { ...nats.options(), dataFolder, natsPort: 0 });
	await eventually("it to wait", () => stopped.output().includes("trying again in"));
	stopped.child.kill("SIGTERM");
	t.deepEqual(await withDeadline("it to end", stopped.exited), { code: 0, signal: null });

	const patient = launchCoordinator(t, { ...nats.options(), dataFolder, natsPort: 0 });
	await eventually("it to wait", () => patient.output().includes("trying again in"));
	await nats.start();
	await eventually("it to lead", () => patient.output().includes("this coordinator leads"));
});
