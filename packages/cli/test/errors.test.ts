import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { coordinatorWith, runCli, temporaryFolder } from "./support/cli.ts";
import { ADMIN_TOKEN } from "./support/fixed-api.ts";
import { fleet, STATUS } from "./support/views.ts";

test("a coordinator that is away is exit code 3, with its address and what to do", async (t) => {
	const { code, stderr, stdout } = await runCli(t, ["machines"], { ROLLCALL_SERVER: "http://127.0.0.1:1" });
	t.is(code, 3);
	t.is(stdout, "");
	t.regex(stderr, /cannot reach the coordinator at http:\/\/127\.0\.0\.1:1 \(from \$ROLLCALL_SERVER\)/);
	t.regex(stderr, /next: .*rollcall up/);
});

test("without any known coordinator the command says how to name one", async (t) => {
	const { code, stderr } = await runCli(t, ["status"]);
	t.is(code, 3);
	t.regex(stderr, /no coordinator is known here\n {2}next: /);
});

test("something else that listens there is not taken for a coordinator", async (t) => {
	const { env } = await coordinatorWith(t, { "GET /v1/machines": "hello" });
	const { code, stderr } = await runCli(t, ["machines"], env);
	t.is(code, 1);
	t.regex(stderr, /the coordinator's answer about machines/);
});

test("a wrong token is refused, and never shown", async (t) => {
	const { env } = await coordinatorWith(t, {});
	const file = join(await temporaryFolder(t), "token");
	await writeFile(file, "rct_wrong-but-secret");
	for (const args of [["machines"], ["watch", "--since", "0"]]) {
		const { code, stderr, stdout } = await runCli(t, [...args, "--token-file", file], env);
		t.is(code, 1);
		t.regex(stderr, /token/);
		t.false((stdout + stderr).includes("wrong-but-secret"));
	}
});

test("an unknown machine is exit code 4 and names it", async (t) => {
	const { env } = await coordinatorWith(t, {});
	for (const args of [
		["show", "m-9"],
		["why", "m-9"],
		["ping", "m-9"],
		["approve", "m-9"],
		["remove", "m-9"],
	]) {
		const { code, stderr } = await runCli(t, args, env);
		t.is(code, 4, args.join(" "));
		t.regex(stderr, /next: rollcall machines/);
	}
});

test("a wrong command line is exit code 2, with a suggestion", async (t) => {
	const cases: [string[], RegExp][] = [
		[["machnes"], /did you mean machines\?/],
		[["machines", "--wach"], /did you mean --watch\?/],
		[["machines", "-o", "xml"], /table or json/],
		[["machines", "--phase", "redy"], /it is one of waiting/],
		[["watch", "--type", "boom"], /it is one of log-started/],
		[["plan"], /--file/],
		[["up", "--machines", "0"], /from 1 to/],
		[["role", "m-1"], /either a role or --none/],
	];
	for (const [args, pattern] of cases) {
		const { code, stderr } = await runCli(t, args);
		t.is(code, 2, args.join(" "));
		t.regex(stderr, pattern);
	}
});

test("a machine whose agent is gone is exit code 5", async (t) => {
	const { env } = await coordinatorWith(t, {
		"POST /v1/machines/m-1/commands": {
			problem: { code: "machine-unreachable", message: "its agent is not connected", machineId: "m-1" },
		},
	});
	const { code, stderr } = await runCli(t, ["ping", "m-1"], env);
	t.is(code, 5);
	t.regex(stderr, /^rollcall: machine m-1: its agent is not connected\n {2}next: /);
});

test("wait ends with 5 and the reason of each machine that is not there", async (t) => {
	const { env } = await coordinatorWith(t, { "GET /v1/machines": { machines: fleet() } });
	const { code, stderr } = await runCli(t, ["wait", "--all", "--timeout", "1s"], env);
	t.is(code, 5);
	t.regex(stderr, /3 not ready after 1 s/);
	t.regex(stderr, /machine worker-1: lost: not heard for 3 hours/);
	t.regex(stderr, /REHEARSAL machine c4d5/);
});

test("wait for all to be ready is late while the fleet as a whole is not well", async (t) => {
	const trouble = [{ kind: "empty-seat", text: "the only seat of slot cp (control-plane) is empty" }];
	const [ready] = fleet();
	const { env } = await coordinatorWith(t, {
		"GET /v1/machines": { machines: [ready] },
		"GET /v1/status": { ...STATUS, trouble },
	});
	const { code, stderr } = await runCli(t, ["wait", "--all", "--timeout", "1s"], env);
	t.is(code, 5);
	t.regex(stderr, /the fleet is not well after 1 s\n {2}- the only seat of slot cp/);
});

test("approve goes on behind a machine that is refused, and ends with its code", async (t) => {
	const [, , , waiting] = fleet();
	const { env } = await coordinatorWith(t, {
		"POST /v1/machines/c4d5/approve": { ...waiting, phase: "idle", reason: "no slot wants it" },
	});
	const { code, stdout, stderr } = await runCli(t, ["approve", "nobody", "c4d5"], env);
	t.is(code, 4);
	t.regex(stderr, /no machine has this id/);
	t.regex(stdout, /^REHEARSAL machine c4d5\S+: approved; it is idle \(no slot wants it\)\n$/);
});

test("no output of any command holds the token", async (t) => {
	const { env } = await coordinatorWith(t, { "GET /v1/machines": { machines: [] } });
	for (const args of [["machines"], ["machines", "-o", "json"], ["show", "x"], ["status"], ["cluster"]]) {
		const { stdout, stderr } = await runCli(t, args, env);
		t.false((stdout + stderr).includes(ADMIN_TOKEN));
	}
});

test("a machine that is not named clearly is answered with the candidates, each once", async (t) => {
	const problem = {
		...{ code: "conflict", message: "2 machines fit worker", path: "id", next: "give more of the id" },
		details: ["ce14", "722e"].map((id) => ({ path: "id", message: `${id} (node worker-${id})`, suggestion: id })),
	};
	const { env } = await coordinatorWith(t, { "GET /v1/machines/worker/why": { problem } });
	const { code, stderr } = await runCli(t, ["why", "worker"], env);
	t.is(code, 1);
	t.is(
		stderr,
		"rollcall: 2 machines fit worker\n  - ce14 (node worker-ce14)\n  - 722e (node worker-722e)\n  next: give more of the id\n",
	);
});

test("of a file without an end no more is read than it may have, whatever it is named for", async (t) => {
	const asked = ["status", "--server", "https://127.0.0.1:9"];
	const cases: readonly (readonly [readonly string[], RegExp])[] = [
		[["validate", "/dev/zero"], /\/dev\/zero: it has more than 512 KiB/],
		[["plan", "--file", "/dev/zero", "--server", "https://127.0.0.1:9"], /\/dev\/zero: it has more than 4096 KiB/],
		[[...asked, "--token-file", "/dev/zero"], /token file \(--token-file\) \/dev\/zero: it has more than 256 KiB/],
		[[...asked, "--ca-file", "/dev/zero"], /--ca-file \/dev\/zero: it has more than 256 KiB/],
	];
	for (const [words, reason] of cases) {
		const { code, stderr } = await runCli(t, words);
		t.is(code, 2, stderr);
		t.regex(stderr, reason);
	}
	const { code, stderr } = await runCli(t, asked, { ROLLCALL_CONFIG: "/dev/zero" });
	t.is(code, 2);
	t.regex(stderr, /configuration file \/dev\/zero: it has more than 4 MiB/);
});
