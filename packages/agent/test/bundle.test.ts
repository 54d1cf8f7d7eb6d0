import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { VERSION } from "../src/version.ts";

const folder = resolve(import.meta.dirname, "../../../dist/agent");
const agent = join(folder, "rollcall-agent");
const testBuilt = testNeeding({
	missing: existsSync(join(folder, "manifest.json")) ? undefined : "there is no executable; `npm run bundle` makes it",
});

testBuilt("the executable says its version and nothing else", (t) => {
	const { stdout, stderr, status } = spawnSync(agent, ["--version"], { encoding: "utf8" });
	t.deepEqual({ stdout, stderr, status }, { stdout: `${VERSION}\n`, stderr: "", status: 0 });
});

testBuilt("the executable needs only what every Linux with glibc has", (t) => {
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

testBuilt("the executable answers an invalid configuration with one line, not with its source", (t) => {
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

testBuilt("the bundle is at most 1 MB, and its manifest says what is there", (t) => {
	const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
	t.is(manifest.sizeBytes, statSync(agent).size);
	const bundle = join(folder, "agent.cjs");
	t.is(manifest.bundleBytes, statSync(bundle).size);
	t.true(manifest.bundleBytes <= 1024 * 1024);
	const lines = readFileSync(bundle, "utf8").split("\n");
	t.true(lines.every((line) => line.length < 4096));
});

testBuilt("what stands in for a machine is not in the agent", (t) => {
	const text = readFileSync(join(folder, "agent.cjs"), "utf8");
	t.true(text.includes("rollcall-agent"));
	for (const sign of ["staticPodPath", "start-limit-hit:", "REHEARSAL-", "rollcall rehearsal"])
		t.false(text.includes(sign), sign);
});

testBuilt("no schema is made of what only a coordinator reads", (t) => {
	const text = readFileSync(join(folder, "agent.cjs"), "utf8");
	t.regex(text, /\bEnrollReply=/);
	t.notRegex(text, /\b(?:EnrollRequest|Facts|CertifyOrder)=/);
});

testBuilt("the NATS client loads neither Web Cryptography nor TLS for itself", (t) => {
	const text = readFileSync(join(folder, "agent.cjs"), "utf8");
	t.regex(text, /\.randomFillSync\(/);
	t.notRegex(text, /\.getRandomValues|\.TLSSocket/);
});

/** Tells each time that a program is made of text. */
const TELLS = `globalThis.Function = new Proxy(Function, {
	construct(made, words) { process.stderr.write("compiled\\n"); return new made(...words); },
});`;

for (const [program, words, ends] of [
	["agent/src/main.ts", ["run", "--config"], 1],
	["rehearsal/src/main.ts", ["machine", "--token-file"], 2],
] as const)
	test(`${program} compiles no source for its schemas`, (t) => {
		const path = join(ownFolder(t), "agent.json");
		writeFileSync(path, '{"coordinators": []}');
		const source = resolve(import.meta.dirname, "../..", program);
		const before = `data:text/javascript,${encodeURIComponent(TELLS)}`;
		const { stderr, status } = spawnSync(process.execPath, ["--import", before, source, ...words, path], {
			encoding: "utf8",
		});
		t.is(status, ends, stderr);
		t.notRegex(stderr, /^compiled$/m);
	});
