import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { coordinatorWith, runCli, startCli } from "./support/cli.ts";
import { leaseEvent, STATUS } from "./support/views.ts";

test("watch prints events as lines, with the coordinator's own sentence", async (t) => {
	const { api, env } = await coordinatorWith(t, { "GET /v1/status": STATUS });
	for (const seq of [1, 2, 3]) api.emit(leaseEvent(seq, "m-1"), `sentence ${seq}`);
	const cli = await startCli(t, ["watch", "--since", "1"], env);
	await eventually("two lines", () => cli.stdout().split("\n").length === 3);
	cli.child.kill("SIGINT");
	const { code, stdout } = await cli.ended;
	t.is(code, 0);
	t.is(
		stdout,
		"     2  2026-11-02T12:00:02Z  lease-changed         sentence 2\n     3  2026-11-02T12:00:03Z  lease-changed         sentence 3\n",
	);
});

test("watch begins at the present when nothing is said", async (t) => {
	const { api, env } = await coordinatorWith(t, { "GET /v1/status": STATUS });
	for (const seq of [1, 2]) api.emit(leaseEvent(seq, "m-1"), "old");
	const cli = await startCli(t, ["watch"], env);
	await eventually("the stream", () => api.opened.length === 1);
	api.emit(leaseEvent(3, "m-1"), "new");
	await eventually("the new event", () => cli.stdout().includes("new"));
	t.false(cli.stdout().includes("old"));
});

test("watch goes on after a lost connection, without a gap and without a double", async (t) => {
	const { api, env } = await coordinatorWith(t, {});
	for (const seq of [1, 2]) api.emit(leaseEvent(seq, "m-1"), "x");
	const cli = await startCli(t, ["watch", "--since", "0", "--json"], env);
	const numbers = () =>
		cli
			.stdout()
			.split("\n")
			.filter(Boolean)
			.map((line) => JSON.parse(line).seq);
	await eventually("the first two", () => numbers().length === 2);
	api.drop();
	for (const seq of [3, 4]) api.emit(leaseEvent(seq, "m-1"), "x");
	await eventually("the next two", () => numbers().length === 4);
	// An old event again, and one that skips a number: neither may be shown out of order.
	api.sendRaw(JSON.stringify({ kind: "event", event: leaseEvent(2, "m-1"), text: "x" }));
	api.sendRaw(JSON.stringify({ kind: "event", event: leaseEvent(6, "m-1"), text: "x" }));
	for (const seq of [5, 6]) api.events.push({ event: leaseEvent(seq, "m-1"), text: "x" });
	await eventually("the missing one", () => numbers().length === 6);
	t.deepEqual(numbers(), [1, 2, 3, 4, 5, 6]);
	t.deepEqual(api.opened, [0, 2, 4]);
	t.regex(cli.stderr(), /interrupted .*\n.*goes on/);
});

test("watch and events have the coordinator leave out what is not asked for, and find a time by its events", async (t) => {
	const { api, env } = await coordinatorWith(t, {
		"GET /v1/events": { events: [leaseEvent(2, "m-2")], next: 2, last: 3 },
	});
	for (const seq of [1, 2, 3]) api.emit(leaseEvent(seq, `m-${seq}`), `sentence ${seq}`);
	const words = ["--machine", "worker-2", "--machine", "aa:bb", "--type", "lease-changed", "--severity", "warning"];
	const args = ["watch", "--since", "10m", "--until-caught-up", ...words, "--component", "kubelet"];
	const { code, stdout } = await runCli(t, args, env);
	t.is(code, 0);
	t.is(stdout.match(/sentence/g)?.length, 2, "from event 2 on");
	t.deepEqual(
		[...new URL(api.openedUrls[0] ?? "", "http://x").searchParams],
		[
			["machine", "worker-2"],
			["machine", "aa:bb"],
			["type", "lease-changed"],
			["severity", "warning"],
			["component", "kubelet"],
			["after", "1"],
		],
	);
	const newest = await runCli(t, ["events", "-n", "1", "--since", "0", "-o", "json"], env);
	t.is(newest.code, 0);
	t.like(JSON.parse(newest.stdout), { seq: 3, at: "2026-11-02T12:00:03.000Z", text: "sentence 3" });
});
