import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandAnswer, macsOf } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { eventsOf } from "../support/events.ts";
import { allReady, startMachine } from "../support/machine.ts";

/** Which machine has which interface, by the MACs that they report. */
async function idsByMac(coordinator: TestCoordinator): Promise<Record<string, string>> {
	const found: Record<string, string> = {};
	for (const { machineId } of await coordinator.machines()) {
		const { facts } = await coordinator.machine(machineId);
		for (const mac of macsOf(facts)) found[mac] = machineId;
	}
	return found;
}

test.serial(
	"two machines with one SMBIOS UUID both become ready, a person is told, and they keep their ids when they reboot in the other order",
	async (t) => {
		const coordinator = await startCoordinator(t);
		const uuid = randomUUID();
		const one = await startMachine(t, coordinator, { name: "twin-1", uuid, mac: "02:00:00:00:aa:01" });
		await allReady(coordinator, 1);
		const two = await startMachine(t, coordinator, { name: "twin-2", uuid, mac: "02:00:00:00:aa:02" });
		const before = await allReady(coordinator, 2);
		const ids = await idsByMac(coordinator);
		t.is(Object.keys(ids).length, 2);
		t.is<string | undefined, string>(ids["02:00:00:00:aa:01"], uuid);
		const other = ids["02:00:00:00:aa:02"];
		t.not(other, ids["02:00:00:00:aa:01"]);
		const conflicts = await eventsOf(coordinator, "identity-conflict");
		t.deepEqual(
			conflicts.map((event) => [event.machineId as string, event.other as string, event.uuid]),
			[[other, uuid, uuid]],
		);

		await Promise.all([one.cutPower(), two.cutPower()]);
		const bootIds = new Set(before.map((view) => view.bootId));
		await two.bootAgain(coordinator);
		await eventually("the second twin to be back", async () =>
			(await coordinator.machines()).some((view) => view.machineId === other && !bootIds.has(view.bootId)),
		);
		await one.bootAgain(coordinator);
		const after = await eventually("both to be ready in their new boots", async () => {
			const machines = await coordinator.machines();
			return machines.every((view) => view.phase === "ready" && !bootIds.has(view.bootId)) ? machines : undefined;
		});
		t.deepEqual(await idsByMac(coordinator), ids);
		t.deepEqual(
			after.map(({ machineId, slot, seat, nodeName }) => ({ machineId, slot, seat, nodeName })),
			before.map(({ machineId, slot, seat, nodeName }) => ({ machineId, slot, seat, nodeName })),
		);
		t.is((await eventsOf(coordinator, "identity-conflict")).length, 1);
	},
);

test.serial(
	"a machine without a usable SMBIOS UUID is known by its MACs and serial number, also after reboots",
	async (t) => {
		const coordinator = await startCoordinator(t);
		const uuid = "00000000-0000-0000-0000-000000000000";
		let machine = await startMachine(t, coordinator, { name: "no-uuid", uuid });
		const [first] = await allReady(coordinator, 1);
		if (!first) return t.fail("no machine");
		t.regex(first.machineId, /^m-[0-9a-f]{24}$/);
		t.is((await eventsOf(coordinator, "machine-enrolled"))[0]?.identity, "nic-and-serial");
		let last = first;
		for (const boot of [2, 3]) {
			machine = await machine.bootAgain(coordinator);
			last = await eventually(`boot ${boot} to be ready`, async () => {
				const [view] = await coordinator.machines();
				return view?.phase === "ready" && view.bootId !== last.bootId ? view : undefined;
			});
			t.is(last.machineId, first.machineId);
			t.is(last.nodeName, first.nodeName);
		}
		t.is((await coordinator.machines()).length, 1);
		t.deepEqual(await eventsOf(coordinator, "identity-conflict"), []);
	},
);

test.serial(
	"of two live boots of one machine the newer waits until a person lets it in; then the older is fenced and falls silent, and all of it are events",
	async (t) => {
		const coordinator = await startCoordinator(t);
		const uuid = randomUUID();
		const same = { uuid, mac: "02:00:00:00:bb:01", serial: "SN-4711-X" };
		const old = await startMachine(t, coordinator, { name: "doubled", ...same });
		const [before] = await allReady(coordinator, 1);
		if (!before) return t.fail("no machine");

		const young = await startMachine(t, coordinator, { name: "doubled", ...same });
		const held = await eventually("the newer boot to wait", async () => (await eventsOf(coordinator, "boot-held"))[0]);
		t.like((await coordinator.machine(uuid)).machine, { bootId: before.bootId, phase: "ready" });
		await coordinator.call("POST", `/v1/machines/${uuid}/approve`, { bootId: held.bootId });
		const after = await eventually("the newer boot to be ready", async () => {
			const [view] = await coordinator.machines();
			return view?.phase === "ready" && view.bootId !== before.bootId ? view : undefined;
		});
		t.is<string, string>(after.machineId, uuid);
		t.true(after.generation > before.generation);
		t.is(after.nodeName, before.nodeName);
		const [fenced] = await eventsOf(coordinator, "incarnation-fenced");
		t.is(fenced?.bootId, before.bootId);
		t.is(fenced?.successor, after.bootId);
		t.true(fenced?.wasAlive);
		const spoke = await eventually("the older boot to have spoken after its end", async () =>
			(await eventsOf(coordinator, "fenced-incarnation-spoke")).at(0),
		);
		t.is(spoke.bootId, before.bootId);

		// What the older one is told, it accepts: it lets go of the bus, and the younger one stays.
		await eventually("the older agent to be silent", () =>
			/fenced/.test(readFileSync(join(old.root, "var/log/agent.log"), "utf8")),
		);
		const pong = await coordinator.call<CommandAnswer>("POST", `/v1/machines/${uuid}/commands`, { kind: "ping" });
		t.is(pong.reply.kind === "pong" ? pong.reply.bootId : undefined, after.bootId);
		const [stays, ...others] = await coordinator.machines();
		t.deepEqual(others, []);
		t.is(stays?.bootId, after.bootId);
		t.is(stays?.phase, "ready");
		t.is((await eventsOf(coordinator, "machine-enrolled")).length, 2);
		t.is((await eventsOf(coordinator, "incarnation-fenced")).length, 1);
		t.not(young.agentPid(), undefined);
	},
);
