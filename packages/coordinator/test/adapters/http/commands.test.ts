import test from "ava";
import { NoResponders } from "../../../src/errors.ts";
import { BOOT, NOW, TOKENS } from "./fixed-core.ts";
import { bearer, type TestApi, testApi } from "./setup.ts";

const command = ({ app }: TestApi, payload: object) =>
	app.inject({
		method: "POST",
		url: "/v1/machines/m-alpha/commands",
		headers: bearer(TOKENS.admin),
		payload,
	});

/** Answers commands as the domain does. */
function takesCommands(api: TestApi): void {
	api.core.answer = (input) =>
		input.kind === "command"
			? {
					kind: "command",
					machineId: input.machineId,
					bootId: BOOT,
					commandId: input.commandId,
					deadlineAt: input.deadlineAt,
				}
			: { kind: "ok" };
}

test("a ping is answered by the agent, and nothing is recorded", async (t) => {
	const api = testApi(t);
	const response = await command(api, { kind: "ping" });
	t.deepEqual(response.json(), {
		machineId: "m-alpha",
		nodeName: "worker-0",
		rehearsal: false,
		reply: { kind: "pong", bootId: BOOT, generation: 1, uptimeSeconds: 5 },
	});
	t.deepEqual(api.sent, [{ kind: "ping", bootId: BOOT }]);
	t.deepEqual(api.core.inputs, []);
});

test("the journal is asked for with its bounds", async (t) => {
	const api = testApi(t);
	api.agentAnswers = () => ({ kind: "logs", lines: ["one"], cursor: "c1" });
	const response = await command(api, { kind: "logs", unit: "kubelet.service", cursor: "c0" });
	t.deepEqual(response.json().reply.lines, ["one"]);
	t.deepEqual(api.sent, [{ kind: "logs", bootId: BOOT, unit: "kubelet.service", cursor: "c0", lines: 100 }]);
	t.is((await command(api, { kind: "logs", lines: 1001 })).statusCode, 400);
});

test("an agent that is not connected is unreachable at once", async (t) => {
	const api = testApi(t);
	api.agentAnswers = () => Promise.reject(new NoResponders("nobody"));
	const response = await command(api, { kind: "ping" });
	t.is(response.statusCode, 504);
	t.like(response.json(), { code: "machine-unreachable", machineId: "m-alpha" });
});

test("a reboot is recorded with its deadline, and then sent", async (t) => {
	const api = testApi(t);
	takesCommands(api);
	api.agentAnswers = () => ({ kind: "accepted" });
	const response = await command(api, { kind: "reboot", deadlineSeconds: 60 });
	const { commandId, deadlineAt, reply } = response.json();
	t.deepEqual(reply, { kind: "accepted" });
	t.is(deadlineAt, NOW + 60_000);
	t.like(api.core.inputs[0], { kind: "command", command: "reboot", commandId, deadlineAt, by: "t-admin" });
	t.deepEqual(api.sent, [{ kind: "reboot", bootId: BOOT, commandId }]);
	t.is(api.core.inputs.length, 1, "its end is seen by what follows");
});

test("a reset that could not be delivered ends as failed", async (t) => {
	const api = testApi(t);
	takesCommands(api);
	api.agentAnswers = () => Promise.reject(new NoResponders("nobody"));
	const response = await command(api, { kind: "reset" });
	t.is(response.statusCode, 504);
	t.deepEqual(
		api.core.inputs.map(({ kind }) => kind),
		["command", "command-failed"],
	);
});

test("a reboot that the agent refuses ends as failed, with its words", async (t) => {
	const api = testApi(t);
	takesCommands(api);
	api.agentAnswers = () => ({ kind: "problem", problem: { code: "incarnation-fenced", message: "another boot" } });
	const response = await command(api, { kind: "reboot" });
	t.is(response.statusCode, 409);
	t.like(api.core.inputs[1], { kind: "command-failed", reason: "the agent refused: another boot" });
});

test("a reboot without an answer stays open: it may have been taken", async (t) => {
	const api = testApi(t);
	takesCommands(api);
	api.agentAnswers = () => Promise.reject(new Error("timeout"));
	const response = await command(api, { kind: "reboot" });
	t.is(response.statusCode, 504);
	t.is(api.core.inputs.length, 1);
});

test("a command the domain refuses is not sent", async (t) => {
	const api = testApi(t);
	api.core.answer = () => ({ kind: "problem", problem: { code: "conflict", message: "one is open" } });
	t.is((await command(api, { kind: "reboot" })).statusCode, 409);
	t.deepEqual(api.sent, []);
});

test("a command for another boot is refused", async (t) => {
	const api = testApi(t);
	const response = await command(api, { kind: "reboot", bootId: BOOT.replace("0", "1") });
	t.is(response.statusCode, 409);
	t.deepEqual(api.core.inputs, []);
	t.deepEqual(api.sent, []);
});
