import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { tied } from "@rollcall/test-support/tied";
import test, { type ExecutionContext } from "ava";
import { TOKENS } from "../adapters/http/fixed-core.ts";
import { testApi } from "../adapters/http/setup.ts";
import { checkerOf } from "./checked.ts";
import { type StandingCluster, standingCluster } from "./standing-cluster.ts";

const COMMAND = resolve(import.meta.dirname, "../../../cli/bin/rollcall.cjs");

/** The coordinator's real API with a real checker, before a stand-in for a cluster; `rollcall check` is started against it. */
async function scene(t: ExecutionContext) {
	const cluster = await standingCluster(t, ["control-0", "worker-0"]);
	const { checker, events } = checkerOf(t, cluster);
	const { app } = testApi(t, { deps: { checker } });
	const server = await app.listen({ host: "127.0.0.1", port: 0 });
	const tokenFile = join(ownFolder(t), "token");
	writeFileSync(tokenFile, TOKENS.root, { mode: 0o600 });
	const check = (...args: string[]) => {
		const words = [COMMAND, "check", "--server", server, "--token-file", tokenFile, ...args];
		const child = spawn(...tied(process.execPath, words), { stdio: ["ignore", "pipe", "pipe"] });
		t.teardown(() => child.kill("SIGKILL"));
		const said = { stdout: "", stderr: "" };
		for (const name of ["stdout", "stderr"] as const)
			child[name].setEncoding("utf8").on("data", (text: string) => {
				said[name] += text;
			});
		const ended = new Promise<number | null>((done) => child.once("close", (code) => done(code)));
		return { child, said, ended };
	};
	return { cluster, checker, events, check };
}

/** Pods that do not start for as long as a check waits. */
function holdUp({ planted }: StandingCluster): void {
	planted.noPod = { "worker-0": "ContainerCreating: not yet" };
}

test("a cluster that works ends with 0, a line for each finding; one that does not with 1, with the next step", async (t) => {
	const { cluster, check } = await scene(t);
	const good = check();
	t.is(await good.ended, 0, good.said.stderr);
	t.regex(good.said.stdout, /^ok {3}nodes: all 2 nodes are Ready\n(?:ok {3}[a-z-]+: .*\n){7}$/);
	t.is(good.said.stderr, "");

	cluster.planted.deaf = (node, what) => node === "worker-0" && what === "registry.k8s.io";
	const bad = check();
	t.is(await bad.ended, 1);
	t.regex(
		bad.said.stdout,
		/^fail dns: the pod on worker-0 does not find registry\.k8s\.io: .*; next: look at the resolvers/m,
	);
	t.is(
		bad.said.stderr,
		"rollcall: the cluster does not work as a whole: 1 fault\n  next: begin with the first, and check again\n",
	);

	const none = check("--outside", "none", "-o", "json");
	t.is(await none.ended, 0, none.said.stderr);
	t.like(JSON.parse(none.said.stdout), { state: "done", outcome: "ok" });
});

test("Ctrl-C ends the check, waits until its pods are gone, and ends with 130", async (t) => {
	const { cluster, events, check } = await scene(t);
	holdUp(cluster);
	const running = check("--start", "30m");
	await eventually("the pods", () => cluster.made.length === 2 || undefined, 30_000);
	const second = check();
	t.is(await second.ended, 1);
	t.regex(second.said.stderr, /a check runs since .*\n {2}next: wait for its end/);
	running.child.kill("SIGINT");
	t.is(await running.ended, 130, running.said.stderr);
	t.regex(running.said.stderr, /ending the check; its pods are removed/);
	t.deepEqual(cluster.left(), []);
	t.like(events.at(-1), { type: "cluster-checked", outcome: "interrupted" });
});

test("a check whose command was killed ends by itself, and is cleaned up", async (t) => {
	const cluster = await standingCluster(t, ["control-0", "worker-0"]);
	holdUp(cluster);
	const { checker, events } = checkerOf(t, cluster, { desertedAfterMs: 2_000 });
	checker.begin({ keep: false, outside: null, startSeconds: 1800 }, "t-1");
	await eventually("its end", () => events.length === 1 || undefined, 60_000);
	t.like(events[0], { type: "cluster-checked", outcome: "interrupted" });
	t.deepEqual(cluster.left(), []);
});

test("wrong options end with 2 before anything is asked", async (t) => {
	const { cluster, check } = await scene(t);
	for (const args of [["--outside", "Not_A_Name"], ["--start", "1s"], ["--keep=yes"]]) {
		const { ended, said } = check(...args);
		t.is(await ended, 2, args.join(" "));
		t.is(said.stdout, "");
	}
	t.deepEqual(cluster.made, []);
});
