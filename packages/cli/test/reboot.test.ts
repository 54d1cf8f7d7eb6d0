import test from "ava";
import { coordinatorWith, eventually, startCli } from "./support/cli.ts";
import { event, STATUS } from "./support/views.ts";

const accepted = {
	machineId: "m-1",
	reply: { kind: "accepted" },
	commandId: "c-1",
	deadlineAt: Date.now() + 600_000,
};
const answers = { "GET /v1/status": { ...STATUS, seq: 0 }, "POST /v1/machines/worker-1/commands": accepted };

const ended = (outcome: "done" | "failed", reason: string) =>
	event(1, { type: "command-ended", machineId: "m-1", commandId: "c-1", outcome, reason } as never);

test("reboot --wait ends when the coordinator says that it is done", async (t) => {
	const { api, env } = await coordinatorWith(t, answers);
	const cli = await startCli(t, ["reboot", "worker-1", "--wait", "--deadline", "5m"], env);
	await eventually(t, "the stream", () => api.opened.length === 1);
	api.emit(ended("done", "it booted again"), "");
	const { code, stdout } = await cli.ended;
	t.is(code, 0);
	t.is(stdout, "machine m-1: reboot done (it booted again)\n");
	t.deepEqual(api.seen.at(-1)?.body, { kind: "reboot", deadlineSeconds: 300 });
});

test("reset --wait that fails is exit code 1 with the reason", async (t) => {
	const { api, env } = await coordinatorWith(t, answers);
	const cli = await startCli(t, ["reset", "worker-1", "--wait"], env);
	await eventually(t, "the stream", () => api.opened.length === 1);
	api.emit(ended("failed", "a unit did not stop"), "");
	const { code, stderr } = await cli.ended;
	t.is(code, 1);
	t.regex(stderr, /machine m-1: reset failed: a unit did not stop/);
});
