import { chmod, lstat, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { configurationPath, readConfiguration, writeConfiguration } from "../src/configuration/file.ts";
import { offerContext } from "../src/up/operator-context.ts";
import { coordinatorWith, runCli, temporaryFolder } from "./support/cli.ts";
import { ADMIN_TOKEN } from "./support/fixed-api.ts";

test("the configuration lies where the environment says, else below the home folder", (t) => {
	t.is(configurationPath({ ROLLCALL_CONFIG: "/a/b.json", HOME: "/h" }), "/a/b.json");
	t.is(configurationPath({ XDG_CONFIG_HOME: "/x", HOME: "/h" }), "/x/rollcall/config.json");
	t.is(configurationPath({ HOME: "/h" }), "/h/.config/rollcall/config.json");
});

test("the configuration is for its user only, also when the file was open to others before", async (t) => {
	const path = join(await temporaryFolder(t), "deep", "config.json");
	await writeConfiguration(path, { contexts: {} });
	await chmod(path, 0o644);
	await writeConfiguration(path, { contexts: { lab: { server: "http://127.0.0.1:1", token: "t" } } });
	t.is((await stat(path)).mode & 0o777, 0o600);
	t.is((await stat(join(path, ".."))).mode & 0o777, 0o700);
});

test("a run of up is offered beside the context in use, and taken out again without touching others", async (t) => {
	const env = { ROLLCALL_CONFIG: join(await temporaryFolder(t), "config.json") };
	const lab = { server: "http://127.0.0.1:1", tokenFile: "/lab/token" };
	const gone = { server: "http://127.0.0.1:2", token: "x", owner: 2 ** 22 + 1 };
	await writeConfiguration(env.ROLLCALL_CONFIG, { current: "lab", contexts: { lab, gone } });
	const connection = { server: "http://127.0.0.1:3", origin: "test", token: "secret" };
	const { name, withdraw } = await offerContext(connection, env);
	const during = await readConfiguration(env.ROLLCALL_CONFIG);
	t.is(during.current, "lab", "a rehearsal is not asked in place of a fleet");
	t.deepEqual(Object.keys(during.contexts), ["lab", name], "the one of a run that crashed is gone");
	await withdraw();
	t.deepEqual(await readConfiguration(env.ROLLCALL_CONFIG), { current: "lab", contexts: { lab } });
	await withdraw();
	t.is((await readConfiguration(env.ROLLCALL_CONFIG)).current, "lab");
});

test("a configuration that held nothing but the run of up is gone with it", async (t) => {
	const path = join(await temporaryFolder(t), "config.json");
	const connection = { server: "http://127.0.0.1:3", origin: "test", token: "secret" };
	const { withdraw } = await offerContext(connection, { ROLLCALL_CONFIG: path });
	await withdraw();
	await t.throwsAsync(stat(path), { code: "ENOENT" });
	await symlink("real.json", path);
	await (await offerContext(connection, { ROLLCALL_CONFIG: path })).withdraw();
	t.is(await readlink(path), "real.json");
	t.deepEqual(await readConfiguration(path), { contexts: {} });
});

test("a command finds coordinator and token in the configuration file", async (t) => {
	const { server } = await coordinatorWith(t, { "GET /v1/machines": { machines: [] } });
	const path = join(await temporaryFolder(t), "config.json");
	await writeConfiguration(path, { current: "lab", contexts: { lab: { server, token: ADMIN_TOKEN } } });
	const { code, stderr } = await runCli(t, ["machines"], { ROLLCALL_CONFIG: path });
	t.is(code, 0, stderr);
	t.is((await runCli(t, ["machines", "--server", server], { ROLLCALL_CONFIG: path })).code, 0);
	const other = await runCli(t, ["machines", "--context", "nowhere"], { ROLLCALL_CONFIG: path });
	t.is(other.code, 4, "as `context use` says it");
	t.is((await runCli(t, ["context", "use", "nowhere"], { ROLLCALL_CONFIG: path })).code, 4);
	t.regex(other.stderr, /contexts there: lab/);
});

test("a coordinator that is not there is told with the context that names it", async (t) => {
	const path = join(await temporaryFolder(t), "config.json");
	await writeConfiguration(path, { current: "lab", contexts: { lab: { server: "http://127.0.0.1:1" } } });
	for (const words of [[], ["--context", "lab"]]) {
		const { code, stderr } = await runCli(t, ["machines", ...words], { ROLLCALL_CONFIG: path });
		t.is(code, 3);
		t.true(stderr.includes(`at http://127.0.0.1:1 (from context lab of ${path}): nothing listens there`), stderr);
	}
});

test("a configuration that is a symbolic link stays one, and what it leads to is written, for its user only", async (t) => {
	const folder = await temporaryFolder(t);
	const [path, middle] = [join(folder, "config.json"), join(folder, "middle.json")];
	await symlink("middle.json", path);
	await symlink("kept/real.json", middle);
	const lab = { server: "http://127.0.0.1:1" };
	await writeConfiguration(path, { contexts: {} });
	await writeConfiguration(path, { contexts: { lab } });
	t.is(await readlink(path), "middle.json");
	t.is(await readlink(middle), "kept/real.json");
	t.deepEqual(await readConfiguration(path), { contexts: { lab } });
	t.is((await lstat(join(folder, "kept/real.json"))).mode & 0o777, 0o600);
	t.deepEqual(await readdir(join(folder, "kept")), ["real.json"]);
	const [one, other] = [join(folder, "one.json"), join(folder, "other.json")];
	await symlink(other, one);
	await symlink(one, other);
	await t.throwsAsync(writeConfiguration(one, { contexts: {} }), { message: /symbolic links lead in a circle/ });
});

test("the token of one server is not sent to another", async (t) => {
	const { api, server } = await coordinatorWith(t, { "GET /v1/machines": { machines: [] } });
	const path = join(await temporaryFolder(t), "config.json");
	const elsewhere = { server: "http://127.0.0.1:1", token: ADMIN_TOKEN };
	await writeConfiguration(path, { current: "lab", contexts: { lab: elsewhere } });
	const { code, stderr } = await runCli(t, ["machines", "--server", server], { ROLLCALL_CONFIG: path });
	t.is(code, 1);
	t.regex(stderr, /wants a token/);
	t.is(api.seen.length, 1);
});

test("a damaged configuration is named, and exit code 2", async (t) => {
	const path = join(await temporaryFolder(t), "config.json");
	await writeFile(path, "{");
	const { code, stderr } = await runCli(t, ["machines"], { ROLLCALL_CONFIG: path });
	t.is(code, 2);
	t.true(stderr.includes(path));
	t.is(await readFile(path, "utf8"), "{");
});
