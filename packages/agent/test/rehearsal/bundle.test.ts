import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import test from "ava";
import { VERSION } from "../../src/version.ts";
import { ownFolder } from "./rehearsed-machine.ts";

const folder = resolve(import.meta.dirname, "../../../../dist/agent");
const agent = join(folder, "rollcall-agent");
/** What `npm run bundle` made; without it there is nothing to test here. */
const whenBuilt = existsSync(join(folder, "manifest.json")) ? test : test.skip;

whenBuilt("the executable says its version and nothing else", (t) => {
	const { stdout, stderr, status } = spawnSync(agent, ["--version"], { encoding: "utf8" });
	t.deepEqual({ stdout, stderr, status }, { stdout: `${VERSION}\n`, stderr: "", status: 0 });
});

whenBuilt("the executable needs only what every Linux with glibc has", (t) => {
	const { stdout } = spawnSync("ldd", [agent], { encoding: "utf8" });
	const needed = [...stdout.matchAll(/^\s*(?:\S*\/)?([^\s./]+)\.so/gm)].map((match) => match[1] ?? "");
	const allowed = ["libc", "libm", "libdl", "libpthread", "libstdc++", "libgcc_s", "linux-vdso", "ld-linux-x86-64"];
	allowed.push("ld-linux-aarch64");
	t.true(needed.length > 3, stdout);
	t.deepEqual(
		needed.filter((name) => !allowed.includes(name)),
		[],
	);
});

whenBuilt("the executable answers an invalid configuration with one line, not with its source", (t) => {
	const path = join(ownFolder(t), "agent.json");
	for (const [text, words] of [
		["{", /not JSON/],
		['{"coordinators": []}', /coordinators/],
	] as const) {
		writeFileSync(path, text);
		const { stderr, status } = spawnSync(agent, ["run", "--config", path], { encoding: "utf8" });
		t.is(status, 1);
		t.regex(stderr, words);
		t.is(stderr.trimEnd().split("\n").length, 1, stderr);
		t.true(stderr.length < 800, stderr);
	}
});

whenBuilt("the bundle is at most 1 MB, and its manifest says what is there", (t) => {
	const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
	t.is(manifest.sizeBytes, statSync(agent).size);
	const parts = ["run.cjs", "rehearse.cjs"].map((part) => join(folder, part));
	t.is(
		manifest.bundleBytes,
		parts.reduce((sum, part) => sum + statSync(part).size, 0),
	);
	t.true(manifest.bundleBytes <= 1024 * 1024);
	const lines = parts.flatMap((part) => readFileSync(part, "utf8").split("\n"));
	t.true(lines.every((line) => line.length < 4096));
});
