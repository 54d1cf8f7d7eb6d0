import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { coordinatorWith, runCli, startCli } from "./support/cli.ts";
import type { Seen } from "./support/fixed-api.ts";

const at = (second: number) => `2026-11-02T08:00:0${second}.000Z`;
const logs = (machineId: string, lines: string[], cursor = "end") => ({
	...{ machineId, nodeName: `node-of-${machineId}` },
	reply: { kind: "logs", lines, cursor },
});
const path = (id: string) => `POST /v1/machines/${id}/commands`;

test("lines of several machines come in the order of their times, each behind its machine's name", async (t) => {
	const { env } = await coordinatorWith(t, {
		[path("a")]: logs("a", [`${at(1)} kubelet: one`, "and on", `${at(4)} kubelet: four`]),
		[path("bc")]: logs("bc", [`${at(2)} kubelet: two`]),
	});
	const { code, stdout } = await runCli(t, ["logs", "a", "bc", "a"], env);
	t.is(code, 0);
	t.deepEqual(stdout.trimEnd().split("\n"), [
		`node-of-a   ${at(1)} kubelet: one`,
		"node-of-a   and on",
		`node-of-bc  ${at(2)} kubelet: two`,
		`node-of-a   ${at(4)} kubelet: four`,
	]);
	const json = JSON.parse((await runCli(t, ["logs", "a", "bc", "-o", "json"], env)).stdout) as unknown[];
	t.is(json.length, 2);
});

test("a machine that cannot be read keeps no other, and its code is the command's", async (t) => {
	const { env } = await coordinatorWith(t, { [path("a")]: logs("a", [`${at(1)} sh: one`]) });
	for (const more of [[], ["-f"]]) {
		const running = await startCli(t, ["logs", "gone", "a", ...more], env);
		await eventually("the line and the reason", () => running.stdout() !== "" && running.stderr() !== "");
		if (more.length > 0) running.child.kill("SIGINT");
		const { code, stdout, stderr } = await running.ended;
		t.is(code, 4);
		t.regex(stdout, /^node-of-a {2}\S+ sh: one\n/);
		t.regex(stderr, /^rollcall: no machine has this id\n[^\n]*\n$/, "told once");
	}
	t.is((await runCli(t, ["logs", "gone", "lost", "-f"], env)).code, 4);
});

test("lines are asked for since a moment, in seconds, and a reader that follows goes on by the cursor", async (t) => {
	const bodies: Record<string, unknown>[] = [];
	const { env } = await coordinatorWith(t, {
		[path("a")]: ({ body }: Seen) => {
			bodies.push(body as Record<string, unknown>);
			return logs("a", [`${at(1)} sh: ${bodies.length}`], `cursor-${bodies.length}`);
		},
	});
	const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
	for (const [since, least, most] of [
		["10m", 600, 600],
		[hourAgo, 3600, 3700],
	] as const) {
		bodies.length = 0;
		t.is((await runCli(t, ["logs", "a", "--since", since], env)).code, 0);
		const { sinceSeconds, lines } = bodies[0] ?? {};
		t.true(Number(sinceSeconds) >= least && Number(sinceSeconds) <= most, String(sinceSeconds));
		t.is(lines, 1000);
	}
	bodies.length = 0;
	const running = await startCli(t, ["logs", "a", "--since", "10m", "-n", "7", "-f"], env);
	await eventually("a second look", () => bodies.length > 1);
	running.child.kill("SIGINT");
	t.is((await running.ended).code, 0);
	t.deepEqual(bodies[0], { kind: "logs", lines: 7, sinceSeconds: 600 });
	t.deepEqual(bodies[1], { kind: "logs", lines: 1000, cursor: "cursor-1" });
});

test("a moment that is none, to come, or longer ago than a year is refused", async (t) => {
	const { api, env } = await coordinatorWith(t, {});
	for (const [since, why] of [
		["yesterday", /--since.*like 10m, or a time like/],
		["0s", /--since: it is not in the past\n {2}next: /],
		["2999-01-01", /--since: it is not in the past/],
		["400d", /--since: it is more than a year ago/],
	] as const) {
		const { code, stderr } = await runCli(t, ["logs", "a", "--since", since], env);
		t.is(code, 2, since);
		t.regex(stderr, why);
	}
	t.deepEqual(api.seen, []);
});
