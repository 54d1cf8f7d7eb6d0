import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { COORDINATOR } from "./support/coordinator.ts";

const folder = dirname(COORDINATOR);

test("the coordinator's bundle is in ASCII, and V8 takes the cache of its compiled functions that lies beside it", (t) => {
	const script = `
		const { Script } = require("node:vm");
		const { wrapped } = require("./wrapped.cjs");
		const bundle = require("node:path").resolve("coordinator.cjs");
		const cachedData = require("node:fs").readFileSync("coordinator.cache");
		console.log(new Script(wrapped(bundle), { filename: bundle, cachedData }).cachedDataRejected);`;
	const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { cwd: folder, encoding: "utf8" });
	t.is(stdout, "false\n", stderr);
	t.true(readFileSync(join(folder, "coordinator.cjs")).every((byte) => byte < 128));
});

test("the client of Kubernetes beside the bundle has all that the coordinator asks of it", async (t) => {
	const text = readFileSync(join(folder, "coordinator.cjs"), "latin1");
	const asked = [...text.matchAll(/\bimport_client_node\d*\.(\w+)/g)].map(([, name]) => name ?? "");
	t.true(asked.length > 3);
	const client: Record<string, unknown> = await import(join(folder, "kubernetes-client.mjs"));
	t.deepEqual(
		asked.filter((name) => client[name] === undefined),
		[],
	);
});

test("a coordinator whose cache of compiled functions is damaged, of other flags, or gone, starts as usual", (t) => {
	const copy = ownFolder(t);
	const help = (...flags: string[]) =>
		spawnSync(process.execPath, [...flags, join(copy, "main.cjs"), "--help"], { encoding: "utf8" });
	for (const name of ["main.cjs", "wrapped.cjs", "coordinator.cjs"]) copyFileSync(join(folder, name), join(copy, name));
	const cache = join(copy, "coordinator.cache");
	t.false(existsSync(cache));
	t.like(help(), { status: 0 });
	t.regex(help().stderr, /^Usage: rollcall coordinator/);
	writeFileSync(cache, readFileSync(join(folder, "coordinator.cache")).subarray(0, 100_000));
	t.regex(help().stderr, /^Usage: rollcall coordinator/);
	copyFileSync(join(folder, "coordinator.cache"), cache);
	t.regex(help("--no-opt").stderr, /^Usage: rollcall coordinator/);
	// Node's own loader has it where maps of sources are read.
	t.regex(help("--enable-source-maps").stderr, /^Usage: rollcall coordinator/);
});
