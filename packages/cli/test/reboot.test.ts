import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { coordinatorWith, startCli } from "./support/cli.ts";
import { detail, event, fleet, STATUS } from "./support/views.ts";

const accepted = {
	machineId: "m-1",
	reply: { kind: "accepted" },
	commandId: "c-1",
	deadlineAt: Date.now() + 600_000,
};
const answers = { "GET /v1/status": { ...STATUS, seq: 0 }, "POST /v1/machines/worker-1/commands": accepted };

const ended = (outcome: "done" | "failed", reason: string) =>
	event(1, { type: "command-ended", machineId: "m-1", commandId: "c-1", outcome, reason } as never);

test("reboot --wait tells the stages and ends when the machine is ready again", async (t) => {
	const [, worker] = fleet();
	let phase = "applying";
	const { api, env } = await coordinatorWith(t, {
		...answers,
		"GET /v1/machines/m-1": () => detail({ ...worker, phase, reason: `it is ${phase}` } as never),
	});
	const cli = await startCli(t, ["reboot", "worker-1", "--wait"], env);
	await eventually("the stream", () => api.opened.length === 1);
	api.emit(ended("done", "it booted again"), "");
	await eventually("a stage", () => cli.stderr().includes("machine worker-0: applying: it is applying"));
	phase = "ready";
	const { code, stdout } = await cli.ended;
	t.is(code, 0);
	t.regex(stdout, /reboot done \(it booted again\)\nmachine worker-0: ready \(it is ready\)\n$/);
});

test("reboot --wait of a member of etcd ends when that votes again, also where it is ready before", async (t) => {
	const [, worker] = fleet();
	const member = { nodeName: worker?.nodeName, votes: false };
	let asked = 0;
	const { api, env } = await coordinatorWith(t, {
		...answers,
		"GET /v1/machines/m-1": () => detail({ ...worker, phase: "ready", reason: "it is ready" } as never),
		"GET /v1/etcd": () => {
			asked += 1;
			return { cluster: "lab", members: [member], next: "nothing", declared: "none", snapshots: [] };
		},
	});
	const cli = await startCli(t, ["reboot", "worker-1", "--wait"], env);
	await eventually("the stream", () => api.opened.length === 1);
	api.emit(ended("done", "it booted again"), "");
	await eventually("two looks at etcd's members", () => asked > 1);
	t.notRegex(cli.stdout(), /ready/);
	member.votes = true;
	const { code, stdout } = await cli.ended;
	t.is(code, 0);
	t.regex(stdout, /machine worker-0: ready \(it is ready\)\n$/);
});

test("reboot --wait=enrolled ends when the coordinator says that it is done", async (t) => {
	const { api, env } = await coordinatorWith(t, answers);
	const cli = await startCli(t, ["reboot", "worker-1", "--wait=enrolled", "--deadline", "5m"], env);
	await eventually("the stream", () => api.opened.length === 1);
	api.emit(ended("done", "it booted again"), "");
	const { code, stdout } = await cli.ended;
	t.is(code, 0);
	t.is(stdout, "machine m-1: reboot done (it booted again)\n");
	t.deepEqual(api.seen.at(-1)?.body, { kind: "reboot", deadlineSeconds: 300 });
});

test("reset --wait that fails is exit code 1 with the reason", async (t) => {
	const { api, env } = await coordinatorWith(t, answers);
	const cli = await startCli(t, ["reset", "worker-1", "--wait"], env);
	await eventually("the stream", () => api.opened.length === 1);
	api.emit(ended("failed", "a unit did not stop"), "");
	const { code, stderr } = await cli.ended;
	t.is(code, 1);
	t.regex(stderr, /machine m-1: reset failed: a unit did not stop/);
});
