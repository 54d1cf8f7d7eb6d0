import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CommandAnswer, MachineView, Problem } from "@rollcall/protocol";
import { eventually, withDeadline } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { documentText, smallRole } from "../support/documents.ts";
import { eventsOf } from "../support/events.ts";
import { createGate } from "../support/gate.ts";
import { allReady, type MachineOptions, startMachine, type TestMachine } from "../support/machine.ts";

const enter = createGate(3);
/** What `rollcall-agent rehearse` ends with when its machine reboots. */
const REBOOTED = 75;

interface Scene {
	readonly coordinator: TestCoordinator;
	readonly machine: TestMachine;
	readonly view: MachineView;
	send(command: object): Promise<CommandAnswer>;
	/** The problem of a command that is refused. */
	refused(command: object): Promise<Problem>;
}

async function liveMachine(t: ExecutionContext, options: Partial<MachineOptions> = {}): Promise<Scene> {
	const role = smallRole("one") as { files: object[] };
	const path = "/run/systemd/system/ticks.service";
	const script = "n=0; while :; do n=$$((n + 1)); echo tick $$n; sleep 0.2; done";
	const files = [...role.files, { path, mode: "0644", content: `[Service]\nExecStart=/bin/sh -c '${script}'\n` }];
	const roles = { small: { ...role, files, units: [{ name: "small.service" }, { name: "ticks.service" }] } };
	const slots = [{ name: "small", role: "small", count: 1 }];
	const coordinator = await startCoordinator(t, { document: documentText({ slots, roles }) });
	const machine = await startMachine(t, coordinator, { name: "commanded", ...options });
	const [view] = await allReady(coordinator, 1);
	if (!view) throw new Error("no machine");
	const commands = `/v1/machines/${view.machineId}/commands`;
	return {
		coordinator,
		machine,
		view,
		send: (command) => coordinator.call("POST", commands, command),
		refused: async (command) => {
			const { status, body } = await coordinator.request("POST", commands, command);
			const problem = body as Problem;
			if (status < 400) throw new Error(`it was not refused: ${JSON.stringify(body)}`);
			return problem;
		},
	};
}

test("ping is answered by the incarnation itself, and refused for another one", async (t) => {
	t.teardown(await enter());
	const { view, send, refused } = await liveMachine(t);
	const { reply } = await send({ kind: "ping" });
	if (reply.kind !== "pong") return t.fail(reply.kind);
	t.is(reply.bootId, view.bootId);
	t.is(reply.generation, view.generation);
	const other = await refused({ kind: "ping", bootId: "6f7a1d52-5b0e-4a57-9d3e-30b0f0c8a911" });
	t.is(other.code, "incarnation-fenced");
	t.is(other.path, "bootId");
});

test("logs are read through the agent, of one unit, and go on behind the cursor without gap or double", async (t) => {
	t.teardown(await enter());
	const { send } = await liveMachine(t);
	const ticks: number[] = [];
	let cursor: string | undefined;
	await eventually("a dozen ticks in several reads", async () => {
		const { reply } = await send({
			kind: "logs",
			unit: "ticks.service",
			...(cursor === undefined ? { lines: 3 } : { lines: 1000, cursor }),
		});
		if (reply.kind !== "logs") throw new Error(reply.kind);
		ticks.push(...reply.lines.flatMap((line) => /tick (\d+)$/.exec(line)?.[1] ?? []).map(Number));
		t.true(cursor !== undefined || reply.lines.length <= 3);
		cursor = reply.cursor;
		return ticks.length >= 12 ? true : undefined;
	});
	const [first = 0] = ticks;
	t.deepEqual(
		ticks,
		ticks.map((_, index) => first + index),
	);
});

test("a reboot ends as done when the machine is back in another boot, in its old seat", async (t) => {
	t.teardown(await enter());
	const { coordinator, machine, view, send, refused } = await liveMachine(t);
	const answer = await send({ kind: "reboot" });
	t.is(answer.reply.kind, "accepted");
	t.truthy(answer.deadlineAt);
	t.is((await refused({ kind: "reset" })).code, "conflict");
	const { code } = await withDeadline("the machine to go down", machine.process.exited);
	t.is(code, REBOOTED);
	t.false(existsSync(join(machine.root, "etc/rollcall/role/text")));

	await machine.bootAgain(coordinator);
	const after = await eventually("the machine to be back", async () => {
		const { machine: now } = await coordinator.machine(view.machineId);
		return now.bootId !== view.bootId && now.phase === "ready" ? now : undefined;
	});
	t.deepEqual([after.role, after.seat, after.nodeName], [view.role, view.seat, view.nodeName]);
	const [issued] = await eventsOf(coordinator, "command-issued");
	const [ended] = await eventsOf(coordinator, "command-ended");
	t.is(issued?.commandId, answer.commandId);
	t.deepEqual([ended?.commandId, ended?.outcome, ended?.cause], [answer.commandId, "done", issued?.seq]);
});

test("a reset takes everything away that a target brought, ends as done, and the machine begins anew", async (t) => {
	t.teardown(await enter());
	const { coordinator, machine, view, send } = await liveMachine(t);
	const text = join(machine.root, "etc/rollcall/role/text");
	t.true(existsSync(text));
	const { commandId } = await send({ kind: "reset" });
	const ended = await eventually("the reset to end", async () => (await eventsOf(coordinator, "command-ended")).at(0));
	t.deepEqual([ended.commandId, ended.outcome], [commandId, "done"]);
	await allReady(coordinator, 1);
	const { reply } = await send({ kind: "ping" });
	t.is(reply.kind === "pong" ? reply.bootId : undefined, view.bootId);
	// What was seen of it last may be from before the reset.
	await eventually("what the target brings", async () => existsSync(text));
});

test("a machine whose agent is gone is unreachable at once, for every command, and a reboot of it has failed", async (t) => {
	t.teardown(await enter());
	const { coordinator, machine, refused } = await liveMachine(t, { noAgentRestart: true });
	const agent = machine.agentPid();
	if (agent === undefined) return t.fail("no agent");
	process.kill(agent, "SIGKILL");
	await eventually("the bus to know", async () => {
		const { code } = await refused({ kind: "ping" });
		return code === "machine-unreachable" ? true : undefined;
	});
	for (const kind of ["ping", "logs", "reboot"]) {
		const problem = await refused({ kind });
		t.is(problem.code, "machine-unreachable", kind);
		// Not the words for a machine that was asked and did not answer in time.
		t.regex(problem.message, /its agent is not connected|it is lost/, kind);
		t.truthy(problem.next);
	}
	const ended = await eventsOf(coordinator, "command-ended");
	t.true(ended.every(({ outcome }) => outcome === "failed"));
	t.is(ended.length, (await eventsOf(coordinator, "command-issued")).length);
});

test("a reboot of a machine that never comes back has failed by its deadline", async (t) => {
	t.teardown(await enter());
	const { coordinator, machine, view, send } = await liveMachine(t);
	const { commandId } = await send({ kind: "reboot", deadlineSeconds: 10 });
	await withDeadline("the machine to go down", machine.process.exited);
	const ended = await eventually("the reboot to end", async () => (await eventsOf(coordinator, "command-ended")).at(0));
	t.deepEqual([ended.commandId, ended.outcome], [commandId, "failed"]);
	t.regex(ended.reason, /lost|nothing was seen of it/);
	await eventually("it to be lost", async () => (await coordinator.machine(view.machineId)).machine.phase === "lost");
});
