import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { coordinatorWith, golden, runCli, startCli } from "./support/cli.ts";
import { DIGEST, detail, fleet, leaseEvent, machine, PROGRAMS, STATUS as status } from "./support/views.ts";

const machines = fleet();

test("machines prints a table without colour in a pipe", async (t) => {
	const { env } = await coordinatorWith(t, { "GET /v1/machines": { machines } });
	const { code, stdout, stderr } = await runCli(t, ["machines"], env);
	t.is(code, 0);
	t.is(stderr, "");
	golden(t, "machines.txt", stdout);
});

test("machines -o json prints what the API returns", async (t) => {
	const { env } = await coordinatorWith(t, { "GET /v1/machines": { machines } });
	const { code, stdout } = await runCli(t, ["machines", "-o", "json"], env);
	t.is(code, 0);
	t.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify({ machines })));
});

test("machines names what is not well about the whole fleet above the table", async (t) => {
	const trouble = [{ kind: "no-api", text: "nobody answers the cluster's API", next: "rollcall machines" }];
	const { env } = await coordinatorWith(t, {
		"GET /v1/machines": { machines },
		"GET /v1/status": { ...status, trouble },
	});
	const line = "! nobody answers the cluster's API; next: rollcall machines";
	for (const words of [["machines"], ["status"]]) t.is((await runCli(t, words, env)).stdout.split("\n")[0], line);
});

test("machines -o name prints one name a line, and -o wide what is written on the boxes", async (t) => {
	const boxes = machines.map((one, index) => ({ ...one, mac: `52:54:00:00:00:0${index}`, serial: `S${index}` }));
	const { env } = await coordinatorWith(t, { "GET /v1/machines": { machines: boxes } });
	const { stdout } = await runCli(t, ["machines", "-o", "name"], env);
	t.is(stdout, "control-plane-0\nworker-0\nworker-1\nc4d5aa00-1111-4222-8333-444455556666\n");
	const [title = "", first = ""] = (await runCli(t, ["machines", "-o", "wide"], env)).stdout.split("\n");
	t.regex(title, /ID .*MAC .*ADDRESS .*TRUST .*SERIAL .*HOST NAME .*AGENT/);
	t.regex(first, /0b12aa00-1111-4222-8333-444455556666 {2}52:54:00:00:00:00 {2}192\.0\.2\.7 {2}observed {2}S0/);
});

test("a lost machine has no health that anybody knows", async (t) => {
	const health = [{ component: "kubelet", healthy: true }];
	const lost = { ...machines[2], health };
	const { env } = await coordinatorWith(t, { "GET /v1/machines": { machines: [lost] } });
	t.regex((await runCli(t, ["machines"], env)).stdout, /lost +3 +\?\/1/);
});

test("machines asks the API for what is filtered", async (t) => {
	const { api, env } = await coordinatorWith(t, { "GET /v1/machines": { machines: [] } });
	const args = ["machines", "--phase", "ready", "--role", "worker", "-l", "rack=a", "-l", "room=101"];
	const { code, stdout, stderr } = await runCli(t, args, env);
	t.is(code, 0);
	t.is(stdout, "");
	t.is(stderr, "no machine fits\n");
	const query = new URL(api.seen[0]?.path ?? "", "http://x").searchParams;
	t.is(query.get("phase"), "ready");
	t.is(query.get("role"), "worker");
	t.deepEqual(query.getAll("label"), ["rack:a", "room:101"]);
});

test("machines puts the pages of a large fleet together", async (t) => {
	const [first, second] = machines;
	const { env } = await coordinatorWith(t, {
		"GET /v1/machines?limit=10000": { machines: [first], next: first?.machineId },
		[`GET /v1/machines?limit=10000&after=${first?.machineId}`]: { machines: [second] },
	});
	const { stdout } = await runCli(t, ["machines", "-o", "json"], env);
	t.is(JSON.parse(stdout).machines.length, 2);
});

test("machines --watch in a pipe tells a machine again when it changed", async (t) => {
	const [first] = machines;
	let phase = "ready";
	const { api, env } = await coordinatorWith(t, {
		"GET /v1/machines": () => ({ machines: [{ ...first, phase }] }),
		"GET /v1/status": { ...status, seq: 0 },
	});
	const cli = await startCli(t, ["machines", "--watch"], env);
	await eventually("the first state", () => cli.stdout().includes("ready"));
	phase = "suspect";
	api.emit(leaseEvent(1, first?.machineId ?? "", "suspect"), "it is suspect");
	await eventually("the changed state", () => cli.stdout().includes("suspect"));
	cli.child.kill("SIGINT");
	const { code, stdout } = await cli.ended;
	t.is(code, 0);
	t.is(stdout.split("MACHINE").length, 2, "the title is printed once");
});

test("show prints all that is known of one machine", async (t) => {
	const [, second] = machines;
	if (!second) return t.fail();
	const events = [{ event: leaseEvent(7, second.machineId), text: "worker-0 is heard again" }];
	const { env } = await coordinatorWith(t, { "GET /v1/machines/worker-0": detail(second, events) });
	const { code, stdout } = await runCli(t, ["show", "worker-0"], env);
	t.is(code, 0);
	golden(t, "show.txt", stdout.replaceAll(/\((\d{4}-[^)]*Z)\)/g, "(TIME)"));
});

test("status tells which claims wait for a volume that nobody makes, and nothing of volumes where none does", async (t) => {
	const claims = "1 claim waits for a volume that nobody makes: class/db; declare volumes.nfs";
	for (const more of [{}, { claims }]) {
		const kubernetes = { ready: true, addOns: true, ...more };
		const { env } = await coordinatorWith(t, { "GET /v1/status": { ...status, kubernetes } });
		const { stdout } = await runCli(t, ["status"], env);
		t.is(/^volumes +1 claim waits/m.test(stdout), "claims" in more, stdout);
	}
});

test("what a machine says cannot move the cursor of the operator's terminal", async (t) => {
	const evil = machine("e1", { reason: "\u001b[2Jgone\u202e\r\nnew" });
	const { env } = await coordinatorWith(t, { "GET /v1/machines": { machines: [evil] } });
	const { stdout } = await runCli(t, ["machines"], env);
	t.false(/[\p{Cc}\u202e]/u.test(stdout.replaceAll("\n", "")));
	t.true(stdout.includes("^[[2Jgone"));
});

test("why prints the chain of causes, each further in than what it caused", async (t) => {
	const [, second] = machines;
	const at = second?.changedAt;
	const { env } = await coordinatorWith(t, {
		"GET /v1/machines/91cc/why": {
			machineId: second?.machineId,
			phase: "degraded",
			reason: "kubelet is not healthy: connection refused",
			next: "rollcall logs worker-0 -u kubelet.service",
			programs: PROGRAMS,
			chain: [
				{ seq: 42, at, type: "health-changed", text: "kubelet became unhealthy", cause: 30 },
				{ seq: 30, at, type: "target-issued", text: "target 3 was issued", cause: 12 },
				{ seq: 12, at, type: "machine-assigned", text: "it was given worker/0" },
				{ seq: 9, at, type: "machine-approved", text: "approved by a rule" },
			],
		},
	});
	const { code, stdout } = await runCli(t, ["why", "91cc"], env);
	t.is(code, 0);
	golden(t, "why.txt", stdout);
});

test("why shows the newest ten links, the rest with --all, and marks a rehearsal", async (t) => {
	const chain = Array.from({ length: 24 }, (_, index) => ({
		...{ seq: 100 - index, at: "2026-11-02T08:00:00.000Z", type: "health-changed", text: `link ${100 - index}` },
	}));
	const id = "91ccaa00-1111-4222-8333-444455556666";
	const { env } = await coordinatorWith(t, {
		"GET /v1/machines/91cc/why": {
			...{
				machineId: id,
				nodeName: "worker-0",
				rehearsal: true,
				phase: "failed",
				reason: "units: kubelet.service",
				chain,
			},
			next: "rollcall logs 91cc --unit kubelet.service",
		},
	});
	const short = await runCli(t, ["why", "91cc"], env);
	t.true(short.stdout.startsWith("REHEARSAL worker-0  failed\n"));
	t.deepEqual(
		short.stdout.match(/link \d+/g),
		chain.slice(0, 10).map(({ text }) => text),
	);
	t.regex(short.stdout, /next +rollcall logs 91cc --unit kubelet\.service\n/);
	t.regex(short.stdout, /\n… 14 older; --all shows them\n$/);
	const all = await runCli(t, ["why", "91cc", "--all"], env);
	t.is(all.stdout.match(/link \d+/g)?.length, 24);
	t.notRegex(all.stdout, /older/);
});

test("ping, reboot and boots say when a machine is a rehearsal of one", async (t) => {
	const machineId = "91ccaa00-1111-4222-8333-444455556666";
	const bootId = "0f0e0d0c-0000-4000-8000-000000000001";
	const boot = { machineId, nodeName: "worker-0", state: "stuck", startedAt: "2026-11-02T08:00:00.000Z", totalMs: 0 };
	const stuck = { ...boot, stages: [], waitingFor: "enrolled", cause: "no network" };
	const { env } = await coordinatorWith(t, {
		"POST /v1/machines/91cc/commands": ({ body }: { body: unknown }) => ({
			...{ machineId, nodeName: "worker-0", rehearsal: true },
			reply:
				(body as { kind: string }).kind === "ping"
					? { kind: "pong", bootId, generation: 3, uptimeSeconds: 60 }
					: { kind: "accepted" },
		}),
		"GET /v1/boots": {
			boots: [
				{ ...stuck, rehearsal: true },
				{ ...stuck, nodeName: "worker-1" },
			],
			more: 0,
		},
	});
	t.regex((await runCli(t, ["ping", "91cc"], env)).stdout, /^REHEARSAL machine worker-0: answered/);
	t.regex((await runCli(t, ["reboot", "91cc"], env)).stdout, /^REHEARSAL machine worker-0: reboot accepted/);
	const { stdout } = await runCli(t, ["boots"], env);
	t.regex(stdout, /^worker-0 .* REHEARSAL /m);
	t.regex(stdout, /^worker-1 .* machine /m);
	t.regex(stdout, /^REHEARSAL worker-0: stuck/m);
	t.regex(stdout, /^worker-1: stuck/m);
});

test("everything of a fleet of rehearsals says so, and its kubeconfig that there is no API behind it", async (t) => {
	const { env } = await coordinatorWith(t, {
		"GET /v1/status": { ...status, rehearsal: true },
		"GET /v1/certificates": { certificates: [] },
		"POST /v1/plan": { digest: DIGEST, unchanged: 0, machines: [], addOns: [], warnings: [] },
		"POST /v1/certificates": {
			...{ cluster: "lab", server: "https://192.0.2.1:6443", authority: "A", certificate: "C" },
			expiresAt: "2026-11-02T08:00:00.000Z",
		},
	});
	t.regex((await runCli(t, ["status"], env)).stdout, /^REHEARSAL: /);
	t.regex((await runCli(t, ["certs"], env)).stderr, /^REHEARSAL: /);
	t.regex((await runCli(t, ["etcd"], env)).stderr, /^REHEARSAL: /);
	const kubeconfig = await runCli(t, ["kubeconfig"], env);
	t.regex(kubeconfig.stderr, /^REHEARSAL: .*no API/);
	t.regex(kubeconfig.stdout, /^# REHEARSAL: .*no API/);
	t.is(JSON.parse((await runCli(t, ["kubeconfig", "-o", "json"], env)).stdout).kind, "Config");
	const lists = ["events", "watch --since 0 --until-caught-up", "logs a", "token list", "cluster", "audit"];
	const document = "-f deploy/examples/rehearsal.yaml";
	const changes = [`plan ${document}`, `apply --yes ${document}`, "log accept", "manifests accept", "check"];
	for (const words of [...lists, ...changes])
		t.regex((await runCli(t, words.split(" "), env)).stderr, /^REHEARSAL: /, words);
	for (const words of ["events", "token list", "certs"])
		t.notRegex((await runCli(t, [...words.split(" "), "-o", "json"], env)).stderr, /^REHEARSAL/m, words);
});

test("a machine that was removed is called by the name that it had", async (t) => {
	const gone = { machineId: "91ccaa00-1111-4222-8333-444455556666", nodeName: "worker-0", rehearsal: true };
	const { env } = await coordinatorWith(t, { "DELETE /v1/machines/91cc": gone });
	t.is((await runCli(t, ["remove", "91cc"], env)).stdout, "REHEARSAL machine worker-0: forgotten\n");
	const json = await runCli(t, ["remove", "91cc", "-o", "json"], env);
	t.deepEqual(JSON.parse(json.stdout), gone);
});
