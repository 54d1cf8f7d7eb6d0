import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { readConfiguration, writeConfiguration } from "../src/configuration/file.ts";
import { offerContext } from "../src/up/operator-context.ts";
import { coordinatorWith, runCli, temporaryFolder } from "./support/cli.ts";
import { ADMIN_TOKEN } from "./support/fixed-api.ts";

test("contexts are added, shown, used and removed", async (t) => {
	const env = { ROLLCALL_CONFIG: join(await temporaryFolder(t), "config.json") };
	const run = (...words: string[]) => runCli(t, ["context", ...words], env);
	t.is((await run("add", "lab", "--server", "http://192.0.2.1:7420", "--token-file", "/etc/lab.token")).code, 0);
	t.is((await run("add", "home", "--server", "http://192.0.2.2:7420")).code, 0);
	t.is((await run("show")).stdout, "lab: http://192.0.2.1:7420, token in /etc/lab.token\n");
	t.is((await run("use", "home")).code, 0);
	t.regex((await run("list")).stdout, /^CONTEXT .*\nlab .*\nhome +yes +http:\/\/192\.0\.2\.2:7420/);
	t.is((await run("remove", "home")).code, 0);
	t.is((await run("show")).code, 4);
	t.is((await run("use", "nowhere")).code, 4);
	t.is((await run("add", "lab", "--server", "http://192.0.2.3:7420")).code, 2);
	t.is((await run("add", "bad", "--server", "nonsense")).code, 2);
});

test("a configuration that cannot be written is told at once, with the file and why", async (t) => {
	const folder = await temporaryFolder(t);
	await writeFile(join(folder, "file"), "");
	for (const [path, why] of [
		["/proc/none/at/all/config.json", /there is no such file/],
		[join(folder, "file/config.json"), /a part of its path is no folder/],
	] as const) {
		const ended = await runCli(t, ["context", "add", "lab", "--server", "http://192.0.2.1:7420"], {
			ROLLCALL_CONFIG: path,
		});
		t.is(ended.code, 2, ended.stderr);
		t.true(ended.stderr.includes(path), ended.stderr);
		t.regex(ended.stderr, why);
		t.regex(ended.stderr, /next: .*\$ROLLCALL_CONFIG/);
	}
});

test("a token's file that is not there, or holds none, is told when the context is kept", async (t) => {
	const folder = await temporaryFolder(t);
	const env = { ROLLCALL_CONFIG: join(folder, "config.json") };
	await writeFile(join(folder, "two"), "rct_a\nrct_b\n");
	const server = ["--server", "http://192.0.2.1:7420"];
	for (const [name, file, said] of [
		["gone", "/nowhere/token", /^warning: .*\/nowhere\/token: there is no such file; it is kept/],
		["two", join(folder, "two"), /^warning: .*two: it must hold one token and nothing else; it is kept/],
	] as const) {
		const { code, stderr } = await runCli(t, ["context", "add", name, ...server, "--token-file", file], env);
		t.is(code, 0);
		t.regex(stderr, said);
	}
});

test("a token's file is looked for beside the configuration that names it", async (t) => {
	const { server } = await coordinatorWith(t, { "GET /v1/machines": { machines: [] } });
	const folder = await temporaryFolder(t);
	await writeFile(join(folder, "lab.token"), ADMIN_TOKEN);
	const path = join(folder, "config.json");
	await writeConfiguration(path, { current: "lab", contexts: { lab: { server, tokenFile: "lab.token" } } });
	t.is((await runCli(t, ["machines"], { ROLLCALL_CONFIG: path })).code, 0);
});

test("a rehearsal is only asked without being named where nothing else is", async (t) => {
	const path = join(await temporaryFolder(t), "config.json");
	const connection = { server: "http://127.0.0.1:1", origin: "test" };
	const alone = await offerContext(connection, { ROLLCALL_CONFIG: path });
	t.like(alone, { name: "rehearsal", inUse: true });
	await alone.withdraw();
	const lab = { server: "http://192.0.2.1:7420" };
	await writeConfiguration(path, { current: "lab", contexts: { lab } });
	const beside = await offerContext(connection, { ROLLCALL_CONFIG: path });
	t.like(beside, { name: "rehearsal", inUse: false });
	t.is((await readConfiguration(path)).current, "lab");
	await beside.withdraw();
	t.deepEqual(await readConfiguration(path), { current: "lab", contexts: { lab } });
});

test("with -o json an error is JSON, whatever it is", async (t) => {
	const { env } = await coordinatorWith(t, {});
	for (const [words, exit, code] of [
		[["show", "nobody"], 4, "unknown-machine"],
		[["show"], 2, undefined],
		[["token"], 2, undefined],
		[["machines", "--phase", "none"], 2, undefined],
		[["machines", "--server", "http://127.0.0.1:1"], 3, undefined],
	] as const) {
		const run = await runCli(t, [...words, "-o", "json"], env);
		t.is(run.code, exit, words.join(" "));
		t.is(run.stdout, "");
		const { error } = JSON.parse(run.stderr);
		t.is(error.exit, exit);
		t.is(error.code, code);
		t.is(typeof error.message, "string");
		t.is(typeof error.next, "string", words.join(" "));
	}
});

test("default times have units, and help is listed once", async (t) => {
	t.regex((await runCli(t, ["wait", "--help"])).stdout, /default: 5m/);
	const { stdout } = await runCli(t, ["completion", "bash"]);
	t.is(
		/if .* words="([^"]*)"/
			.exec(stdout)?.[1]
			?.split(" ")
			.filter((word) => word === "help").length,
		1,
	);
});

test("a context may have a name that every object inherits, and none has it that was not added", async (t) => {
	const env = { ROLLCALL_CONFIG: join(await temporaryFolder(t), "config.json") };
	for (const words of [["use"], ["show"], ["remove"]])
		t.is((await runCli(t, ["context", ...words, "constructor"], env)).code, 4, words.join(" "));
	t.regex((await runCli(t, ["machines", "--context", "toString"], env)).stderr, /no context named toString/);
	t.is((await runCli(t, ["context", "add", "constructor", "--server", "http://192.0.2.1:7420"], env)).code, 0);
	t.is((await runCli(t, ["context", "show"], env)).stdout, "constructor: http://192.0.2.1:7420\n");
	await writeFile(env.ROLLCALL_CONFIG, '{"contexts": {"__proto__": {"server": "http://192.0.2.2:7420"}}}');
	t.deepEqual(Object.keys((await readConfiguration(env.ROLLCALL_CONFIG)).contexts), ["__proto__"]);
});
