import test from "ava";
import { coordinatorWith, eventually, runCli, startCli } from "./support/cli.ts";
import { leaseEvent, STATUS } from "./support/views.ts";

test("watch prints events as lines, with the coordinator's own sentence", async (t) => {
	const { api, env } = await coordinatorWith(t, { "GET /v1/status": STATUS });
	for (const seq of [1, 2, 3]) api.emit(leaseEvent(seq, "m-1"), `sentence ${seq}`);
	const cli = await startCli(t, ["watch", "--since", "1"], env);
	await eventually(t, "two lines", () => cli.stdout().split("\n").length === 3);
	cli.child.kill("SIGINT");
	const { code, stdout } = await cli.ended;
	t.is(code, 0);
	t.is(
		stdout,
		"     2  12:00:02  lease-changed         sentence 2\n     3  12:00:03  lease-changed         sentence 3\n",
	);
});

test("watch begins at the present when nothing is said", async (t) => {
	const { api, env } = await coordinatorWith(t, { "GET /v1/status": STATUS });
	for (const seq of [1, 2]) api.emit(leaseEvent(seq, "m-1"), "old");
	const cli = await startCli(t, ["watch"], env);
	await eventually(t, "the stream", () => api.opened.length === 1);
	api.emit(leaseEvent(3, "m-1"), "new");
	await eventually(t, "the new event", () => cli.stdout().includes("new"));
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
	await eventually(t, "the first two", () => numbers().length === 2);
	api.drop();
	for (const seq of [3, 4]) api.emit(leaseEvent(seq, "m-1"), "x");
	await eventually(t, "the next two", () => numbers().length === 4);
	// An old event again, and one that skips a number: neither may be shown out of order.
	api.sendRaw(JSON.stringify({ kind: "event", event: leaseEvent(2, "m-1"), text: "x" }));
	api.sendRaw(JSON.stringify({ kind: "event", event: leaseEvent(6, "m-1"), text: "x" }));
	for (const seq of [5, 6]) api.events.push({ event: leaseEvent(seq, "m-1"), text: "x" });
	await eventually(t, "the missing one", () => numbers().length === 6);
	t.deepEqual(numbers(), [1, 2, 3, 4, 5, 6]);
	t.deepEqual(api.opened, [0, 2, 4]);
	t.regex(cli.stderr(), /interrupted .*\n.*goes on/);
});

test("watch shows only what was asked for", async (t) => {
	const machine = { machine: { machineId: "m-2" } };
	const { api, env } = await coordinatorWith(t, { "GET /v1/machines/worker-2": machine });
	t.is((await runCli(t, ["watch", "--machine", "worker-2"], env)).code, 1, "an answer of another shape is refused");
	for (const seq of [1, 2, 3]) api.emit(leaseEvent(seq, `m-${seq}`), "x");
	const cli = await startCli(t, ["watch", "--since", "0", "--type", "lease-changed", "--type", "machine-removed"], env);
	await eventually(t, "three lines", () => cli.stdout().split("\n").length === 4);
	const none = await startCli(t, ["watch", "--since", "0", "--type", "machine-removed", "--json"], env);
	await eventually(t, "the stream", () => api.opened.length === 2);
	t.is(none.stdout(), "");
});
