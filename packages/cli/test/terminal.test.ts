import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { widthOf } from "../src/text/width.ts";
import { coordinatorWith, runCli, temporaryFolder } from "./support/cli.ts";
import { linesOf, onTerminal } from "./support/terminal.ts";
import { DIGEST, detail, fleet, leaseEvent, machine, STATUS } from "./support/views.ts";

const machines = fleet();
const TEXT = "apiVersion: rollcall/v1\nkind: Cluster\nname: lab\n";
const PLAN = { digest: DIGEST, unchanged: 4, machines: [], addOns: [], warnings: [] };

test("a list fits the terminal that it is printed on, and the reason stays", async (t) => {
	const { env } = await coordinatorWith(t, { "GET /v1/machines": { machines } });
	for (const [columns, rows] of [
		[80, 24],
		[40, 12],
	] as const) {
		const terminal = await onTerminal(t, ["machines"], { columns, rows, env });
		t.is(await terminal.ended, 0);
		const lines = linesOf(terminal.output());
		for (const line of lines) t.true(widthOf(line) <= columns, `${columns}: ${line}`);
		if (columns === 80) t.regex(lines[0] ?? "", /REASON/);
		t.true(lines.some((line) => line.includes("worker-1")));
	}
});

test("a live view follows the size of the terminal, and Ctrl-C gives it back with the cursor", async (t) => {
	const { api, env } = await coordinatorWith(t, {
		"GET /v1/machines": { machines },
		"GET /v1/status": {
			...STATUS,
			trouble: [{ kind: "lost-member", text: "1 machine with a seat is lost: worker-1" }],
		},
	});
	const terminal = await onTerminal(t, ["machines", "--watch"], { columns: 80, rows: 24, env });
	await eventually("the first picture", () => terminal.output().includes("worker-1"));
	t.true(terminal.output().includes("\u001b[?25l"), "the cursor is hidden");
	const before = terminal.output().length;
	terminal.resize(40, 12);
	await eventually("a picture of the new size", () => terminal.output().slice(before).includes("\u001b[2J"));
	api.emit(leaseEvent(1, machines[0]?.machineId ?? ""), "control-plane-0 is alive");
	const narrow = () => terminal.output().slice(terminal.output().indexOf("\u001b[2J", before));
	await eventually("the event", () => narrow().includes("control-plane-0 is alive"));
	for (const line of linesOf(narrow())) t.true(widthOf(line) <= 40, line);
	const frame = narrow().split("\u001b[0J")[0] ?? "";
	t.true(linesOf(frame).length <= 12, "it does not scroll");
	t.regex(frame, /1 machine with a seat is lost/);
	terminal.type("\u0003");
	t.is(await terminal.ended, 0);
	t.true(terminal.output().includes("\u001b[?25h"), "the cursor is back");
});

test("Ctrl-C at a question ends with 130, without a stack, and changes nothing", async (t) => {
	const { api, env } = await coordinatorWith(t, { "POST /v1/plan": PLAN, "PUT /v1/cluster": {} });
	const file = join(await temporaryFolder(t), "cluster.yaml");
	await writeFile(file, TEXT);
	const terminal = await onTerminal(t, ["apply", "-f", file], { columns: 80, rows: 24, env });
	await eventually("the question", () => terminal.output().includes("[y/N]"));
	terminal.type("\u0003");
	t.is(await terminal.ended, 130);
	t.regex(terminal.output(), /interrupted, nothing was changed/);
	t.notRegex(terminal.output(), / at .*\.(?:ts|mjs):/);
	t.false(api.seen.some(({ method }) => method === "PUT"));
});

test("an answer is taken, and no answer is no", async (t) => {
	const reply = { digest: DIGEST, changed: true, seq: 9, warnings: [] };
	const { api, env } = await coordinatorWith(t, { "POST /v1/plan": PLAN, "PUT /v1/cluster": reply });
	const file = join(await temporaryFolder(t), "cluster.yaml");
	await writeFile(file, TEXT);
	for (const [answer, code, puts] of [
		["\u0004", 1, 0],
		["y\r", 0, 1],
	] as const) {
		const terminal = await onTerminal(t, ["apply", "-f", file], { columns: 80, rows: 24, env });
		await eventually("the question", () => terminal.output().includes("[y/N]"));
		terminal.type(answer);
		t.is(await terminal.ended, code);
		t.is(api.seen.filter(({ method }) => method === "PUT").length, puts);
	}
});

test("who takes a machine's memory, its seat or what is known of it is asked on a terminal; --yes, pipes, and where nothing is lost, are not", async (t) => {
	const [one] = machines;
	const id = one?.machineId ?? "";
	const { api, env } = await coordinatorWith(t, {
		[`GET /v1/machines/${id}`]: detail(machines[0] ?? machine(id)),
		"GET /v1/machines/free": detail(machine(id)),
		[`POST /v1/machines/${id}/commands`]: { machineId: id, reply: { kind: "accepted" }, commandId: "c" },
		[`POST /v1/machines/${id}/reject`]: one,
		[`DELETE /v1/machines/${id}`]: { machineId: id },
	});
	const changes = () => api.seen.filter(({ method }) => method !== "GET").length;
	for (const [words, what] of [
		[["reboot", id], /boots again: what it runs/],
		[["reset", id], /stops what it runs/],
		[["remove", id], /is forgotten: its labels/],
		[["reject", id], /loses its seat, .* nobody empties it/],
	] as const) {
		const before = changes();
		const terminal = await onTerminal(t, words, { columns: 80, rows: 24, env });
		await eventually("the question", () => terminal.output().includes("[y/N]"));
		t.regex(terminal.output().replaceAll("\r\n", " "), what);
		terminal.type("\r");
		t.is(await terminal.ended, 1);
		t.is(changes(), before);
		const told = await onTerminal(t, [...words, "--yes"], { columns: 80, rows: 24, env });
		await told.ended;
		t.false(told.output().includes("[y/N]"));
		t.is(changes(), before + 1);
		await runCli(t, words, env);
		t.is(changes(), before + 2);
	}
	const free = await onTerminal(t, ["reboot", "free"], { columns: 80, rows: 24, env });
	await free.ended;
	t.false(free.output().includes("[y/N]"));
});

test("a role and a label show on a terminal what follows from them, and ask; --yes and pipes do not", async (t) => {
	const [one] = machines;
	const id = one?.machineId ?? "";
	const moves = {
		machineId: id,
		nodeName: "worker-1",
		action: "move",
		from: "worker (w/0)",
		to: "edge (edge/0)",
		reason: "r",
	};
	const change = {
		...moves,
		files: [],
		restarts: ["kubelet.service", "containerd.service", "a-unit-with-a-long-name.service"],
	};
	const etcd = "etcd is left without a majority until another machine takes the seat and has caught up with the others";
	const warnings = [
		"slot cp: 0 of 1 seats are filled; no other machine matches, and what is said of that is long enough",
	];
	const follows = { unchanged: 3, machines: [change], etcd, warnings };
	const { api, env } = await coordinatorWith(t, {
		[`GET /v1/machines/${id}`]: { machine: one, facts: {}, fenced: [], events: [] },
		[`POST /v1/machines/${id}/plan`]: follows,
		[`POST /v1/machines/${id}/role`]: one,
	});
	const changes = () => api.seen.filter(({ path }) => path.endsWith("/role")).length;
	for (const [answer, code, done] of [
		["n\r", 1, 0],
		["\u0003", 130, 0],
		["y\r", 0, 1],
	] as const) {
		const terminal = await onTerminal(t, ["role", id, "edge"], { columns: 80, rows: 24, env });
		await eventually("the question", () => terminal.output().includes("[y/N]"));
		t.regex(terminal.output(), /worker-1: worker \(w\/0\) -> edge \(edge\/0\)/);
		for (const line of linesOf(terminal.output())) t.true(widthOf(line) <= 80, line);
		t.true(linesOf(terminal.output()).join(" ").includes(etcd), "broken at spaces");
		terminal.type(answer);
		t.is(await terminal.ended, code);
		t.is(changes(), done);
	}
	const sure = await onTerminal(t, ["role", id, "edge", "--yes"], { columns: 80, rows: 24, env });
	t.is(await sure.ended, 0);
	t.is((await runCli(t, ["role", id, "edge"], env)).code, 0);
	t.is(changes(), 3);
});
