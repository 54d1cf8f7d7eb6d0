import { createHash } from "node:crypto";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { coordinatorWith, runCli, startCli, temporaryFolder } from "./support/cli.ts";
import { onTerminal } from "./support/terminal.ts";

const sumOf = (text: string) => createHash("sha256").update(text).digest("hex");
const asset = (name: string, text: string) => ({
	...{ name, sizeBytes: text.length, sha256: sumOf(text), sha512: "0".repeat(128) },
	...{ source: "an earlier day", checked: [] },
});

/** A coordinator that keeps `os/vmlinuz` with the content "old", and a folder with that name and content "new". */
async function scene(t: ExecutionContext) {
	const work = { workId: "w", kind: "add", state: "done", doneBytes: 3, asset: asset("os/vmlinuz", "new") };
	const { api, env } = await coordinatorWith(t, {
		"GET /v1/assets": { assets: [asset("os/vmlinuz", "old")] },
		"POST /v1/assets": work,
		"PUT /v1/assets/work/w/content": work,
		"GET /v1/assets/work/w": work,
	});
	const folder = await temporaryFolder(t);
	const file = join(folder, "vmlinuz");
	await writeFile(file, "new");
	return { folder, file, env, added: () => api.seen.filter(({ method }) => method === "POST").length };
}

test("a name in use gets no other content where nobody can be asked, unless --yes says so", async (t) => {
	const { folder, file, env, added } = await scene(t);
	for (const what of [
		["os/vmlinuz", file],
		["--from", folder, "--prefix", "os"],
	]) {
		const { code, stderr } = await runCli(t, ["assets", "add", ...what], env);
		t.is(code, 1);
		t.regex(
			stderr,
			/^rollcall: os\/vmlinuz is in use, for other content: .* from an earlier day, sha256 [0-9a-f]{64}\n/,
		);
		t.regex(stderr, /\n {2}next: .*--yes/);
	}
	t.is(added(), 0);
	t.is((await runCli(t, ["assets", "add", "os/vmlinuz", file, "--yes"], env)).code, 0);
	t.is((await runCli(t, ["assets", "add", "os/other", file], env)).code, 0, "a free name");
	await writeFile(file, "old");
	t.is((await runCli(t, ["assets", "add", "os/vmlinuz", file], env)).code, 0, "the same content");
	t.is(added(), 3);
});

test("on a terminal it asks, and no is no", async (t) => {
	const { file, env, added } = await scene(t);
	for (const [answer, code, count] of [
		["n\r", 1, 0],
		["\u0003", 130, 0],
		["y\r", 0, 1],
	] as const) {
		const terminal = await onTerminal(t, ["assets", "add", "os/vmlinuz", file], { columns: 80, rows: 24, env });
		await eventually("the question", () => terminal.output().includes("[y/N]"));
		terminal.type(answer);
		t.is(await terminal.ended, code);
		t.is(added(), count);
	}
});

test("how far the reading of a large file is is shown on a terminal", async (t) => {
	const { file, env } = await scene(t);
	await truncate(file, 20 * 2 ** 20);
	const words = ["assets", "add", "os/vmlinuz", file, "--yes"];
	const terminal = await onTerminal(t, words, { columns: 80, rows: 24, env });
	t.is(await terminal.ended, 0);
	t.regex(terminal.output(), /os\/vmlinuz: reading 8 MiB of 20 MiB \(40%\)/);
});

test("where the coordinator cannot be told to end it, Ctrl-C says that it may go on, and how to look", async (t) => {
	const work = { workId: "w", kind: "add", name: "os/vmlinuz", state: "running", doneBytes: 3 };
	const { api, env } = await coordinatorWith(t, {
		...{ "GET /v1/assets": { assets: [] }, "POST /v1/assets": work, "GET /v1/assets/work/w": work },
	});
	const words = ["assets", "add", "os/vmlinuz", "http://192.0.2.9/vmlinuz", "--sha256", "0".repeat(64)];
	const { child, ended } = await startCli(t, words, env);
	await eventually("that it waits", () => api.seen.some(({ path }) => path === "/v1/assets/work/w"));
	child.kill("SIGINT");
	const { code, stderr } = await ended;
	t.is(code, 130);
	t.regex(stderr, /os\/vmlinuz may go on at the coordinator, which could not be told to end it: /);
	t.regex(stderr, /\n {2}next: `rollcall assets work` shows it; to end it: rollcall assets stop w\n/);
});
