import test from "ava";
import { coordinatorWith, runCli } from "./support/cli.ts";

const stage = (name: string, at?: string, ms?: number) => ({
	stage: name,
	...(at === undefined ? {} : { at }),
	...(ms === undefined ? {} : { ms }),
});
const STUCK = {
	mac: "52:54:00:12:34:56",
	address: "192.0.2.7",
	profile: "flatcar",
	state: "stuck",
	startedAt: "2020-01-01T00:00:00.000Z",
	totalMs: 2300,
	stages: [
		stage("ipxe", "2020-01-01T00:00:00.000Z"),
		stage("kernel", "2020-01-01T00:00:02.300Z", 2300),
		{ ...stage("initrd"), deadlineAt: "2020-01-01T00:10:02.300Z" },
		stage("ignition"),
	],
	waitingFor: "initrd",
	cause: "the initrd did not arrive as a whole",
	next: "rollcall assets verify",
};
const DONE = {
	machineId: "m-1",
	bootId: "0f3b7a52-3d0e-4d0c-9a55-0c6d2b1f7a01",
	nodeName: "worker-0",
	state: "done",
	startedAt: "2020-01-01T00:00:00.000Z",
	totalMs: 41_000,
	stages: [stage("enrolled", "2020-01-01T00:00:00.000Z"), stage("ready", "2020-01-01T00:00:41.000Z", 41_000)],
};

test("boots are a table, and what is stuck is named with its stage, cause and next step", async (t) => {
	const { env } = await coordinatorWith(t, {
		"GET /v1/boots?limit=10000": { boots: [STUCK, DONE], more: 0 },
	});
	const { code, stdout, stderr } = await runCli(t, ["boots"], env);
	t.is(code, 0, stderr);
	const lines = stdout.split("\n");
	t.regex(lines[0] ?? "", /^MACHINE +STATE +REACHED +WAITS FOR +SINCE +TOOK/);
	t.regex(lines[1] ?? "", /^52:54:00:12:34:56 +stuck +kernel +initrd +\d+d +2\.3s/);
	t.regex(lines[2] ?? "", /^worker-0 +done +ready +- +- +41s/);
	t.true(
		stdout.includes(
			"52:54:00:12:34:56: stuck, initrd is missing: the initrd did not arrive as a whole\n  next: rollcall assets verify\n",
		),
	);
});

test("boots can be asked for by state and MAC; JSON is what the API says", async (t) => {
	const body = { boots: [STUCK], more: 0 };
	const path = "GET /v1/boots?limit=10000&state=stuck&mac=52%3A54%3A00%3A12%3A34%3A56";
	const { env } = await coordinatorWith(t, { [path]: body });
	const { stdout, stderr } = await runCli(
		t,
		["boots", "--state", "stuck", "--mac", "52-54-00-12-34-56", "-o", "json"],
		env,
	);
	t.deepEqual(JSON.parse(stdout || "null"), body, stderr);
	t.is((await runCli(t, ["boots", "--state", "lost"], env)).code, 2);
});

test("a filter that no boot fits is told from a fleet that never booted", async (t) => {
	const { env } = await coordinatorWith(t, { "GET /v1/boots": { boots: [], more: 0 } });
	t.is((await runCli(t, ["boots", "--state", "stuck"], env)).stderr, "no boot fits\n");
	t.is((await runCli(t, ["boots"], env)).stderr, "no machine was seen to boot\n");
});
