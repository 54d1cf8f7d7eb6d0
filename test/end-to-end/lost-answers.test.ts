import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { newOperator } from "../support/cli.ts";
import { REHEARSAL_DOCUMENT, startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { startCutter } from "../support/cutter.ts";
import { allReady, startMachine } from "../support/machine.ts";

/** A coordinator, the way to it on which answers are lost, and an operator who goes that way. */
async function scene(t: ExecutionContext) {
	const coordinator = await startCoordinator(t);
	const cutter = await startCutter(t, coordinator.url);
	const operator = newOperator(t);
	const connection = ["--server", cutter.url, "--token-file", join(coordinator.dataFolder, "admin-token")];
	return { coordinator, cutter, operator, rollcall: (...args: string[]) => operator.rollcall(...connection, ...args) };
}

async function countOf(coordinator: TestCoordinator, type: Event["type"]): Promise<number> {
	return (await coordinator.events()).filter((event) => event.type === type).length;
}

test("what an operator asks for is done once, however often the answer is lost on the way", async (t) => {
	const { coordinator, cutter, operator, rollcall } = await scene(t);
	const machine = await startMachine(t, coordinator, { name: "lost-answers" });
	await allReady(coordinator, 1, 90_000);
	const [{ machineId = "" } = {}] = await coordinator.machines();
	const document = join(operator.home, "cluster.yaml");
	writeFileSync(
		document,
		`${REHEARSAL_DOCUMENT}# other\nimages: { overrides: { pause: registry.k8s.io/pause:3.10 } }\n`,
	);
	for (const [args, fits, type] of [
		[["label", machineId, "rack=r1"], /^POST .*labels/, "machine-labelled"],
		[["token", "create"], /^POST .*tokens/, "token-created"],
		[["role", machineId, "control-plane"], /^POST .*role/, "role-pinned"],
		[["apply", "-f", document, "--yes"], /^PUT .*cluster/, "cluster-declared"],
		[["reset", machineId, "--wait=enrolled", "--accept-loss", "etcd"], /^POST .*commands/, "command-issued"],
	] as const) {
		const earlier = await countOf(coordinator, type);
		const losses = cutter.lost.length;
		cutter.lose(fits, 2);
		const ended = await rollcall(...args);
		t.is(ended.code, 0, `${args.join(" ")}: ${ended.stdout}${ended.stderr}`);
		t.is(cutter.lost.length - losses, 2, args.join(" "));
		t.is((await countOf(coordinator, type)) - earlier, 1, args.join(" "));
	}
	await machine.cutPower();
	cutter.lose(/^DELETE /, 1);
	const removed = await rollcall("remove", machineId, "--accept-loss", "etcd");
	t.is(removed.code, 0, removed.stderr);
	t.deepEqual([await countOf(coordinator, "machine-removed"), await coordinator.machines()], [1, []]);
});

test("an operator whose answer never comes is told that it may have been done", async (t) => {
	const { coordinator, cutter, rollcall } = await scene(t);
	const earlier = await countOf(coordinator, "token-created");
	cutter.lose(/^POST .*tokens/, 100);
	const ended = await rollcall("token", "create");
	t.not(ended.code, 0);
	t.regex(ended.stderr, /may have been done/);
	t.is((await countOf(coordinator, "token-created")) - earlier, 1);
});

test("a command is known by its key also to the coordinator's successor, and after it was done", async (t) => {
	const { coordinator } = await scene(t);
	const machine = await startMachine(t, coordinator, { name: "keyed-command" });
	await allReady(coordinator, 1, 90_000);
	const [{ machineId = "" } = {}] = await coordinator.machines();
	const key = randomUUID();
	const ask = async (of: TestCoordinator, named: string) => {
		const response = await fetch(`${of.url}/v1/machines/${machineId}/commands?acceptLoss=etcd`, {
			method: "POST",
			headers: { authorization: `Bearer ${of.token}`, "content-type": "application/json", "idempotency-key": named },
			body: JSON.stringify({ kind: "reset" }),
		});
		return { status: response.status, body: (await response.json()) as { commandId?: string; code?: string } };
	};
	const first = await ask(coordinator, key);
	t.is(first.status, 200, JSON.stringify(first.body));
	t.is(first.body.commandId, key);
	await eventually(
		"its end",
		async () => ((await countOf(coordinator, "command-ended")) === 1 ? true : undefined),
		60_000,
	);
	const successor = await coordinator.restart();
	t.deepEqual(await ask(successor, key), first);
	t.is(await countOf(successor, "command-issued"), 1);
	t.is((await ask(successor, "too short")).status, 400);
	await machine.cutPower();
});

test("an agent whose enrollment was answered to nobody comes onto the bus as the one that it was", async (t) => {
	const { coordinator, cutter } = await scene(t);
	cutter.lose(/^POST \/v1\/enroll/, 2);
	await startMachine(t, coordinator, { name: "lost-enrollment", coordinatorUrls: [cutter.url] });
	await allReady(coordinator, 1, 90_000);
	t.is(cutter.lost.length, 2);
	t.deepEqual(
		[await countOf(coordinator, "machine-enrolled"), await countOf(coordinator, "incarnation-fenced")],
		[1, 0],
	);
});
