import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { commandLine, descendantsOf, environmentOf, processesWith } from "@rollcall/test-support/process-table";
import type { Running } from "@rollcall/test-support/running";
import { stretchedSeconds } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { newOperator, type Operator } from "../support/cli.ts";
import { trust } from "../support/coordinator.ts";
import { documentText, smallRole } from "../support/documents.ts";
import { filesBelow, findSecret, secretsBelow } from "../support/secrets.ts";

/** As long as `rollcall wait` waits, in seconds. */
const WAIT_SECONDS = String(stretchedSeconds(60));

/** Nothing of a run is left: no process, no folder, no context. */
async function leavesNothing(t: ExecutionContext, operator: Operator): Promise<void> {
	await eventually("all processes of the run to be gone", () => processesWith(operator.home).length === 0, 15_000);
	t.deepEqual(readdirSync(operator.temporary), []);
	t.false(existsSync(operator.configFile));
}

/** Starts `rollcall up` with machines and waits until all are ready. */
async function readyRun(operator: Operator, machines: number, ...more: string[]): Promise<Running> {
	const up = operator.start("up", "--machines", String(machines), ...more);
	await eventually("the operator's context", () => (existsSync(operator.configFile) ? true : undefined));
	const { code, stderr } = await operator.rollcall(
		"wait",
		"--all",
		"--count",
		String(machines),
		"--timeout",
		WAIT_SECONDS,
	);
	if (code !== 0) throw new Error(`${stderr}\n${up.output()}`);
	return up;
}

test.serial(
	"four rehearsal machines are ready with one command, which ends with 0 and leaves nothing behind",
	async (t) => {
		const operator = newOperator(t);
		const { code, stdout, stderr } = await operator.rollcall("up", "--machines", "4", "--until", "ready");
		t.is(code, 0, stderr);
		t.regex(stdout, /4 of 4 rehearsal machines ready after/);
		t.is(stdout.match(/\bworker-[0-9a-f]+ +worker +ready\b/g)?.length, 3);
		t.is(stdout.match(/\bcontrol-plane-[0-9a-f]+ +control-plane +ready\b/g)?.length, 1);
		await leavesNothing(t, operator);
	},
);

test.serial(
	"a second terminal works without settings, no secret shows anywhere, and Ctrl-C ends everything",
	async (t) => {
		const operator = newOperator(t);
		const up = await readyRun(operator, 2);
		t.is(statSync(operator.configFile).mode & 0o777, 0o600);
		const said: string[] = [];
		const rollcall = async (...args: string[]): Promise<string> => {
			const { code, stdout, stderr } = await operator.rollcall(...args);
			t.is(code, 0, `${args.join(" ")}: ${stderr}`);
			said.push(stdout, stderr);
			return stdout;
		};
		const machines = JSON.parse(await rollcall("machines", "-o", "json")) as { machines: { machineId: string }[] };
		t.is(machines.machines.length, 2);
		const [{ machineId } = { machineId: "" }] = machines.machines;
		t.regex(await rollcall("machines"), /ready/);
		t.true((await rollcall("show", machineId)).includes(machineId));
		t.regex(await rollcall("why", machineId), /target-progress/);
		t.regex(await rollcall("ping", machineId), /answered in/);
		t.not(await rollcall("logs", machineId, "--lines", "5"), "");
		t.regex(await rollcall("status"), /rehearsal/);

		const watching = operator.start("watch", "--since", "0", "--json");
		const document = join(operator.home, "small.yaml");
		writeFileSync(
			document,
			documentText({ slots: [{ name: "small", role: "small", count: "rest" }], roles: { small: smallRole("hello") } }),
		);
		const plan = await rollcall("plan", "--file", document);
		t.regex(plan, /\/etc\/rollcall\/role\/text/);
		t.regex(plan, /hello/);
		t.regex(plan, /all of its data is lost/);
		const refused = await operator.rollcall("apply", "--file", document, "--yes");
		t.is(refused.code, 1);
		// Until etcd is founded, the only control plane is what would be lost.
		t.regex(refused.stderr, /--accept-loss (etcd|control-plane)/);
		await rollcall("apply", "--file", document, "--yes", "--accept-loss", "etcd");
		await rollcall("wait", "--all", "--count", "2", "--timeout", WAIT_SECONDS);
		t.is((await rollcall("machines", "--role", "small")).match(/\bready\b/g)?.length, 2);
		await eventually("the watcher to have seen it", () => watching.output().includes("cluster-declared"));
		await watching.end("SIGINT");

		await hidesSecrets(t, { operator, up, outputs: [...said, watching.output()] });
		up.child.kill("SIGINT");
		t.is((await up.exited).code, 0);
		await leavesNothing(t, operator);
	},
);

/** Collects all secrets of the run, and looks for them where they must not be. */
async function hidesSecrets(
	t: ExecutionContext,
	{ operator, up, outputs }: { operator: Operator; up: Running; outputs: readonly string[] },
): Promise<void> {
	const [base = ""] = readdirSync(operator.temporary).map((name) => join(operator.temporary, name));
	const admin = readFileSync(join(base, "coordinator/admin-token"), "utf8").trim();
	const secrets = [...new Set([admin, ...secretsBelow(base)])];
	// Two enroll tokens, two agents' seeds and JWTs, and the coordinator's own.
	t.true(secrets.length >= 10);

	const config = JSON.parse(readFileSync(operator.configFile, "utf8")) as {
		current: string;
		contexts: Record<string, { server: string; authority: string }>;
	};
	const { server, authority = "" } = config.contexts[config.current] ?? {};
	trust(authority);
	const headers = { authorization: `Bearer ${admin}` };
	const answers = await Promise.all(
		["/v1/events?limit=500", "/v1/machines", "/v1/tokens", "/v1/cluster", "/v1/status", "/metrics"].map(async (path) =>
			(await fetch(`${server}${path}`, { headers })).text(),
		),
	);
	const pids = [up.child.pid ?? 0, ...descendantsOf(up.child.pid ?? 0)];
	t.true(pids.length >= 7, "rollcall, coordinator, NATS, and two processes for each machine");
	const logs = filesBelow(base).filter((path) => path.endsWith(".log"));
	t.true(logs.some((path) => path.endsWith("coordinator.log")));
	t.true(logs.some((path) => path.endsWith("agent.log")));
	const places: [string, string][] = [
		["the output of up", up.output()],
		...outputs.map((text): [string, string] => ["the output of a command", text]),
		...answers.map((text): [string, string] => ["an answer of the API", text]),
		...logs.map((path): [string, string] => [path, readFileSync(path, "utf8")]),
		...pids.map((pid): [string, string] => [`the arguments of ${pid}`, commandLine(pid)]),
		...pids.map((pid): [string, string] => [`the environment of ${pid}`, environmentOf(pid)]),
	];
	for (const [place, text] of places) {
		const found = findSecret(text, secrets);
		t.is(found === undefined ? "" : `${found.slice(0, 12)}...`, "", place);
	}
	// Files with secrets are for their owner only.
	for (const path of filesBelow(base)) {
		const secret = secrets.find((one) => readFileSync(path, "latin1").includes(one));
		if (secret !== undefined) t.is(statSync(path).mode & 0o077, 0, `${path}: ${secret.slice(0, 6)}...`);
	}
}

test.serial("when `rollcall up` is killed, everything that it started ends as well", async (t) => {
	const operator = newOperator(t);
	const up = await readyRun(operator, 2);
	const pids = descendantsOf(up.child.pid ?? 0);
	t.true(pids.length >= 6);
	await up.end("SIGKILL");
	await eventually("all processes of the run to be gone", () => processesWith(operator.home).length === 0, 15_000);
	// The next run takes the context of the one that is gone out again.
	const next = await operator.rollcall("up", "--machines", "1", "--until", "ready");
	t.is(next.code, 0, next.stderr);
	t.false(existsSync(operator.configFile));
});

test.serial(
	"machines that cannot be ready in time end the command with 5, and each is named with its reason",
	async (t) => {
		const operator = newOperator(t);
		const document = join(operator.home, "picky.yaml");
		const slots = [{ name: "big", role: "small", count: "rest", selector: { minMemory: "1024GiB" } }];
		writeFileSync(document, documentText({ slots, roles: { small: smallRole("never") } }));
		// Long enough for both to have enrolled, so that there is a reason to name.
		const seconds = stretchedSeconds(5);
		const run = ["up", "--machines", "2", "--until", "ready", "--timeout", `${seconds}`, "--file", document];
		const { code, stderr } = await operator.rollcall(...run);
		t.is(code, 5, stderr);
		t.true(stderr.includes(`0 of 2 rehearsal machines ready after ${seconds} s`), stderr);
		const reasons = stderr
			.split("\n")
			.filter((line) => /idle: no slot matches it; big: it has 8192 MiB of memory of 1048576/.test(line));
		t.is(reasons.length, 2, stderr);
		await leavesNothing(t, operator);
	},
);

test.serial(
	"a document with more seats than machines is not ready: it ends with 5, and names the slot and what to do",
	async (t) => {
		const operator = newOperator(t);
		const document = join(operator.home, "wide.yaml");
		const slots = [{ name: "edge", role: "small", count: 3 }];
		writeFileSync(document, documentText({ slots, roles: { small: smallRole("x") } }));
		const seconds = stretchedSeconds(8);
		const run = ["up", "--machines", "2", "--until", "ready", "--timeout", `${seconds}`, "--file", document];
		const { code, stderr } = await operator.rollcall(...run);
		t.is(code, 5, stderr);
		t.true(stderr.includes(`the fleet is not well, with 2 of 2 rehearsal machines ready after ${seconds} s`), stderr);
		t.regex(stderr, / {2}- 1 of 3 seats of slot edge \(small\) is empty\n {2}next: run it again with more --machines/);
		await leavesNothing(t, operator);
	},
);

test.serial("what a killed run left behind goes with the next one", async (t) => {
	const operator = newOperator(t);
	const killed = await readyRun(operator, 1);
	const left = readdirSync(operator.temporary);
	t.is(left.length, 1);
	killed.child.kill("SIGKILL");
	await killed.exited;
	await eventually("all processes of the run to be gone", () => processesWith(operator.home).length === 0, 15_000);
	t.deepEqual(readdirSync(operator.temporary), left);
	const { code, stderr } = await operator.rollcall("up", "--machines", "1", "--until", "ready");
	t.is(code, 0, stderr);
	t.regex(stderr, /removed a folder of runs that were killed/);
	await leavesNothing(t, operator);
});

test.serial("a machine that is removed boots again and comes back as a new boot", async (t) => {
	const operator = newOperator(t);
	const up = await readyRun(operator, 1);
	const machine = async () => {
		const { stdout } = await operator.rollcall("machines", "-o", "json");
		return (JSON.parse(stdout) as { machines: { machineId: string; bootId: string; phase: string }[] }).machines[0];
	};
	const before = await machine();
	const refused = await operator.rollcall("remove", before?.machineId ?? "");
	t.is(refused.code, 1);
	// Until etcd is founded, the only control plane is what would be lost.
	t.regex(refused.stderr, /--accept-loss (etcd|control-plane)/);
	t.is((await operator.rollcall("remove", before?.machineId ?? "", "--accept-loss", "etcd")).code, 0);
	const after = await eventually(
		"the machine to be ready again",
		async () => {
			const now = await machine();
			return now?.phase === "ready" && now.bootId !== before?.bootId ? now : undefined;
		},
		60_000,
	);
	t.is(before?.machineId, after.machineId);
	t.regex(up.output(), /rehearsal machine rehearsal-1 was removed and boots again with empty RAM/);
	up.child.kill("SIGINT");
	t.is((await up.exited).code, 0);
	await leavesNothing(t, operator);
});

test.serial("a port that another run has is refused with its number, and nothing is started", async (t) => {
	const operator = newOperator(t);
	const up = await readyRun(operator, 1);
	const port = new URL(
		(JSON.parse(readFileSync(operator.configFile, "utf8")) as Contexts).contexts.rehearsal?.server ?? "",
	).port;
	const { code, stderr } = await operator.rollcall("up", "--machines", "1", "--port", port);
	t.is(code, 1);
	t.regex(
		stderr,
		new RegExp(`^rollcall: --port ${port}: a rollcall coordinator, perhaps of another .rollcall up., listens`),
	);
	t.regex(stderr, /\n {2}next: end it .*take another port/);
	up.child.kill("SIGINT");
	await up.exited;
	await leavesNothing(t, operator);
});

interface Contexts {
	readonly contexts: Readonly<Record<string, { readonly server: string }>>;
}

test.serial("a run that nobody reads any more ends by itself and leaves nothing behind", async (t) => {
	const operator = newOperator(t);
	const up = await readyRun(operator, 2);
	const { stdout } = await operator.rollcall("machines", "-o", "json");
	const [{ machineId } = { machineId: "" }] = (JSON.parse(stdout) as { machines: { machineId: string }[] }).machines;
	up.child.stdout?.destroy();
	up.child.stderr?.destroy();
	// It notices with what it says next; that may have been said already.
	await operator.rollcall("reboot", machineId, "--accept-loss", "etcd");
	t.is((await up.exited).signal, null);
	await leavesNothing(t, operator);
});
