import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, realpath, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { PROGRAM_ROOT } from "../src/program-root.ts";
import { runBundled, temporaryFolder } from "./support/cli.ts";

const bundle = join(PROGRAM_ROOT, "dist/cli");

interface Ended {
	readonly code: unknown;
	readonly stdout: string;
	readonly stderr: string;
}

function run(args: readonly string[]): Promise<Ended> {
	return new Promise((resolve) =>
		execFile(process.execPath, args, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr })),
	);
}

/** The programs that are bundled: the package, and what starts them. */
const PROGRAMS = [
	{ name: "cli", start: "rollcall.cjs" },
	{ name: "coordinator", start: "rollcall-coordinator.cjs" },
];

/** A checkout with nothing in it but the start of a program, a bundle that says `bundle`, and sources that say `sources`. */
async function checkout(
	t: ExecutionContext,
	{ name, start }: (typeof PROGRAMS)[number],
): Promise<{ readonly start: string; readonly source: string }> {
	const folder = await temporaryFolder(t);
	const [home, dist] = [`packages/${name}`, `dist/${name}`];
	for (const path of [`${home}/src`, dist, "scripts"]) await mkdir(join(folder, path), { recursive: true });
	await cp(join(PROGRAM_ROOT, home, "bin"), join(folder, home, "bin"), { recursive: true });
	for (const script of ["check-node.cjs", "current-bundle.cjs"])
		await cp(join(PROGRAM_ROOT, "scripts", script), join(folder, "scripts", script));
	const source = join(folder, home, "src/main.ts");
	await writeFile(source, 'console.log("sources" as string);');
	await writeFile(join(folder, dist, "main.mjs"), 'console.log("bundle");');
	const { size, mtimeMs } = await stat(source);
	const record = { main: "main.mjs", sources: [[`${home}/src/main.ts`, size, mtimeMs]] };
	await writeFile(join(folder, dist, "sources.json"), JSON.stringify(record));
	return { start: join(folder, home, "bin", start), source };
}

for (const program of PROGRAMS)
	test(`${program.start} runs the bundle while the sources are what it was made of; then the sources`, async (t) => {
		const { start, source } = await checkout(t, program);
		t.is((await run([start])).stdout, "bundle\n");
		await writeFile(source, 'console.log("changed sources" as string);');
		t.is((await run([start])).stdout, "changed sources\n");
	});

test("an older Node says in one sentence what is needed", async (t) => {
	const folder = await temporaryFolder(t);
	const pretend = join(folder, "older.cjs");
	await writeFile(pretend, 'Object.defineProperty(process.versions, "node", { value: "18.20.4" });');
	for (const script of [
		...PROGRAMS.map(({ name, start }) => `packages/${name}/bin/${start}`),
		"scripts/check-node.cjs",
	]) {
		const { code, stdout, stderr } = await run(["-r", pretend, join(PROGRAM_ROOT, script)]);
		t.is(code, 1);
		t.is(stdout, "");
		t.regex(stderr, /^rollcall: this is Node 18\.20\.4, and Node 20 or newer is needed: [^\n]+\n$/);
	}
});

/** All that these files of the bundle load before they run, as one text. */
async function loadedBy(...names: readonly string[]): Promise<string> {
	const seen = new Map<string, string>();
	const load = async (name: string): Promise<void> => {
		if (seen.has(name)) return;
		const text = await readFile(join(bundle, name), "utf8");
		seen.set(name, text);
		for (const [, below = ""] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) await load(below);
	};
	for (const name of names) await load(name);
	return [...seen.values()].join("\n");
}

test("what every call loads has no command in it and no schema", async (t) => {
	const text = await loadedBy("main.mjs");
	t.true(text.includes("buildProgram"));
	t.deepEqual(
		["ZodObject", "machineTable", "WebSocketServer"].filter((what) => text.includes(what)),
		[],
	);
	t.is((await run([join(PROGRAM_ROOT, "packages/cli/bin/rollcall.cjs"), "--version"])).stdout, "0.1.0\n");
});

test("a list of machines loads the schemas that its answers need, and no others", async (t) => {
	const parts = (await readdir(bundle)).filter((name) => /^(?:machines|client|connection)-/.test(name));
	t.is(parts.length, 3, parts.join(" "));
	const text = await loadedBy("main.mjs", ...parts);
	t.true(text.includes("MachineList"));
	// Of events, cluster documents, targets and facts; of zod what nobody uses; characters that are not ASCII.
	const SPARED = ["log-compacted", "podCidr", "artifacts:", "cgroupVersion", "ZodTemplateLiteral", "segmenter=new"];
	t.deepEqual(
		SPARED.filter((what) => text.includes(what)),
		[],
	);
	const imported = [...text.matchAll(/from\s*"(node:[a-z_/]+)"/g)].map(([, name]) => name);
	t.deepEqual([...new Set(imported)], ["node:module", "node:events"], "modules of Node are loaded when they are used");
});

test("a command is found behind the options of the program, and a wrong one is compared with all", async (t) => {
	const right = await runBundled(t, ["--output", "table", "--server", "machines", "status", "--help"]);
	t.regex(right.stdout, /^Usage: rollcall status/);
	const wrong = await runBundled(t, ["machnes", "status"]);
	t.is(wrong.code, 2);
	t.regex(wrong.stderr, /did you mean machines\?/);
});

test("the setup works with an npm that leaves out the link to the installed Node", async (t) => {
	const folder = await temporaryFolder(t);
	const installed = `node_modules/node-${process.platform}-${process.arch}/bin`;
	for (const path of ["scripts", installed, "node_modules/.bin", ".cache/nats-server"])
		await mkdir(join(folder, path), { recursive: true });
	for (const name of ["setup.mjs", "nats-server.mjs"])
		await cp(join(PROGRAM_ROOT, "scripts", name), join(folder, "scripts", name));
	for (const name of ["agent", "rehearsal", "cli", "coordinator"])
		await writeFile(join(folder, `scripts/bundle-${name}.ts`), "");
	for (const lock of ["package-lock.json", "node_modules/.package-lock.json"])
		await writeFile(join(folder, lock), '{ "packages": {} }');
	await writeFile(join(folder, ".cache/nats-server/nats-server"), "");
	await symlink(process.execPath, join(folder, installed, "node"));
	const { code, stderr } = await run([join(folder, "scripts/setup.mjs")]);
	t.is(code, 0, stderr);
	t.is(await realpath(join(folder, "node_modules/.bin/node")), await realpath(process.execPath));
});
