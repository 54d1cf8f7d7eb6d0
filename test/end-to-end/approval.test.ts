import type { MachineView } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { declare, documentText, smallRole } from "../support/documents.ts";
import { eventsOf } from "../support/events.ts";
import { createGate } from "../support/gate.ts";
import { connectAs, enroll, join, newIncarnation } from "../support/incarnation.ts";
import { startMachine, type TestMachine } from "../support/machine.ts";

const enter = createGate(2);
const ROLES = { small: smallRole("one"), other: smallRole("two") };

/** The machine, once its view is as wanted. */
function seen(
	coordinator: TestCoordinator,
	what: string,
	wanted: (view: MachineView) => boolean,
	deadlineMs?: number,
): Promise<MachineView> {
	return eventually(
		what,
		async () => {
			const machines = await coordinator.machines();
			const found = machines.find(wanted);
			if (!found) throw new Error(machines.map((view) => `${view.machineId} ${view.phase}: ${view.reason}`).join("\n"));
			return found;
		},
		deadlineMs,
	);
}

test("a machine that nobody declared waits, is let in by a person, and cut off when a person rejects it", async (t) => {
	t.teardown(await enter());
	const document = { slots: [{ name: "small", role: "small", count: "rest" }], roles: ROLES, rules: [] };
	const coordinator = await startCoordinator(t, { document: documentText(document) });
	await startMachine(t, coordinator, { name: "stranger" });
	const waiting = await seen(coordinator, "the machine to wait", ({ phase }) => phase === "waiting");
	t.is(waiting.approval, "waiting");
	t.regex(waiting.reason, /approval/);
	t.true(waiting.next?.includes(`rollcall approve ${waiting.machineId}`));
	t.is(waiting.slot, undefined);
	t.is(waiting.generation, 0);

	await coordinator.call("POST", `/v1/machines/${waiting.machineId}/approve`, {});
	const ready = await seen(coordinator, "the machine to be ready", ({ phase }) => phase === "ready");
	t.is(ready.role, "small");
	const [approved] = await eventsOf(coordinator, "machine-approved");
	t.is(approved?.by, "admin");

	const guest = newIncarnation();
	const connection = await connectAs(t, guest, await join(coordinator, guest));
	const closed = connection.closed();
	await coordinator.call("POST", `/v1/machines/${guest.facts.smbios.uuid}/reject`, { reason: "not ours" });
	const error = await closed;
	t.regex(String(error?.message), /revoked|authorization/i);
	const again = await enroll(coordinator, guest, { token: await coordinator.enrollToken() });
	t.is(again.ok ? "let in" : again.problem.code, "machine-rejected");
	const view = await seen(coordinator, "the rejected machine", ({ phase }) => phase === "rejected");
	t.regex(view.reason, /not ours/);

	await coordinator.call("POST", `/v1/machines/${ready.machineId}/reject`, { reason: "wrong room" });
	const out = await seen(coordinator, "the machine to lose its seat", ({ machineId, phase }) => {
		return machineId === ready.machineId && phase === "rejected";
	});
	t.is(out.slot, undefined);
	t.deepEqual(
		(await eventsOf(coordinator, "machine-released")).map(({ machineId }) => machineId as string),
		[ready.machineId as string],
	);
});

test("declared machines are let in on arrival, by MAC or UUID, with their labels and node names", async (t) => {
	t.teardown(await enter());
	const mac = "02:00:00:00:cc:01";
	const uuid = "6f7a1d52-5b0e-4a57-9d3e-30b0f0c8a911";
	const coordinator = await startCoordinator(t, {
		document: documentText({
			slots: [
				{ name: "left", role: "small", count: 1, selector: { labels: { room: "left" } } },
				{ name: "right", role: "other", count: 1, selector: { labels: { room: "right" } } },
			],
			roles: ROLES,
			rules: [],
			machines: [
				{ mac: "02-00-00-00-CC-01", nodeName: "desk-1", labels: { room: "left" } },
				{ uuid: uuid.toUpperCase(), nodeName: "desk-2", labels: { room: "right" } },
			],
		}),
	});
	await Promise.all([
		startMachine(t, coordinator, { name: "declared-1", mac }),
		startMachine(t, coordinator, { name: "declared-2", uuid }),
	]);
	const one = await seen(coordinator, "desk-1", ({ nodeName, phase }) => nodeName === "desk-1" && phase === "ready");
	const two = await seen(coordinator, "desk-2", ({ nodeName, phase }) => nodeName === "desk-2" && phase === "ready");
	t.deepEqual([one.labels, one.slot], [{ room: "left" }, "left"]);
	t.deepEqual([two.labels, two.slot, two.machineId as string], [{ room: "right" }, "right", uuid]);
	t.deepEqual(
		(await eventsOf(coordinator, "machine-approved")).map(({ by }) => by),
		["the cluster document", "the cluster document"],
	);
});

test("a role that a person gives moves a machine to the seat with that role, and taking it back lets the fleet decide again", async (t) => {
	t.teardown(await enter());
	const slots = [
		{ name: "small", role: "small", count: "rest" },
		{ name: "other", role: "other", count: 1, selector: { labels: { wanted: "yes" } } },
	];
	const coordinator = await startCoordinator(t, { document: documentText({ slots, roles: ROLES }) });
	await startMachine(t, coordinator, { name: "moved" });
	const before = await seen(coordinator, "the machine to be ready", ({ phase }) => phase === "ready");
	t.is(before.role, "small");

	await coordinator.call("POST", `/v1/machines/${before.machineId}/role`, { role: "other" });
	const moved = await seen(coordinator, "its new role", ({ phase, role }) => phase === "ready" && role === "other");
	t.true(moved.pinned);
	t.true(moved.generation > before.generation);
	await startMachine(t, coordinator, { name: "second" });
	const stays = await seen(coordinator, "the second machine", (view) => {
		return view.machineId !== before.machineId && view.phase === "ready";
	});
	const waits = await coordinator.call<MachineView>("POST", `/v1/machines/${stays.machineId}/role`, { role: "other" });
	t.is(waits.role, "small", "it keeps what it has until the other seat is free");
	await coordinator.call("POST", `/v1/machines/${stays.machineId}/role`, { role: null });

	await coordinator.call("POST", `/v1/machines/${before.machineId}/role`, { role: null });
	const back = await seen(coordinator, "its old role", ({ machineId, phase, role }) => {
		return machineId === before.machineId && phase === "ready" && role === "small";
	});
	t.false(back.pinned);
	const refused = await coordinator.request("POST", `/v1/machines/${before.machineId}/role`, { role: "nothing" });
	t.is(refused.status, 400);
});

test("a spare takes the seat of a holder that is lost for too long, and the old holder does not get it back", async (t) => {
	t.teardown(await enter());
	const slots = [{ name: "only", role: "small", count: 1, spares: 1, replaceAfterSeconds: 10 }];
	const coordinator = await startCoordinator(t);
	await declare(coordinator, { slots, roles: ROLES });
	const machines = new Map<string, TestMachine>();
	for (const name of ["holder", "spare"]) {
		const before = new Set((await coordinator.machines()).map(({ machineId }) => machineId));
		const machine = await startMachine(t, coordinator, { name });
		const { machineId } = await seen(
			coordinator,
			`${name} to be placed`,
			(view) => !before.has(view.machineId) && (view.phase === "ready" || view.phase === "idle"),
		);
		machines.set(machineId, machine);
	}
	const holder = await seen(coordinator, "a holder", ({ phase }) => phase === "ready");
	const spare = await seen(coordinator, "a spare", ({ phase }) => phase === "idle");
	t.regex(spare.reason, /spare/);

	await machines.get(holder.machineId)?.cutPower();
	const taken = await seen(
		coordinator,
		"the spare to take the seat",
		({ machineId, phase }) => machineId === spare.machineId && phase === "ready",
		60_000,
	);
	t.deepEqual([taken.slot, taken.seat], ["only", 0]);
	const lost = await seen(coordinator, "the old holder", ({ machineId }) => machineId === holder.machineId);
	t.deepEqual([lost.phase, lost.slot], ["lost", undefined]);
	const [released] = await eventsOf(coordinator, "machine-released");
	t.regex(released?.reason ?? "", /lost for more than 10 seconds/);

	await machines.get(holder.machineId)?.bootAgain(coordinator);
	const idle = await seen(coordinator, "the old holder to be back", ({ machineId, phase, bootId }) => {
		return machineId === holder.machineId && phase === "idle" && bootId !== holder.bootId;
	});
	t.regex(idle.reason, /spare/);
	t.is((await coordinator.machine(spare.machineId)).machine.phase, "ready");
});
