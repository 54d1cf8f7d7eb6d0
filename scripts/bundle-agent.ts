/**
 * Builds the agent into one executable file, `dist/agent/rollcall-agent`: esbuild makes one CommonJS file of it, pkg puts
 * that into a copy of the Node that the workspace installs (a single executable application). Nothing is downloaded.
 * Skipped when nothing that goes into it changed. Builds of the same inputs are equal, byte by byte.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
	access,
	chmod,
	copyFile,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { argv, execPath, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";

const run = promisify(execFile);
const project = dirname(import.meta.dirname);
const BUNDLE_LIMIT_BYTES = 1024 * 1024;
/** Folders and files whose content decides what the result is. */
const INPUTS = [
	"packages/agent/src",
	"packages/agent/package.json",
	"packages/protocol/src",
	"packages/protocol/package.json",
	"package-lock.json",
	"scripts/bundle-agent.ts",
];

/** What was built. `sha256` and `sha512` are of the executable, in hexadecimal; `inputsHash` covers all that went into it. */
export interface AgentManifest {
	readonly version: string;
	readonly platform: string;
	readonly sizeBytes: number;
	readonly bundleBytes: number;
	readonly sha256: string;
	readonly sha512: string;
	readonly inputsHash: string;
}

/** The manifest, and the absolute path of the executable. `built` is false when what was there still fits. */
export interface AgentBundle extends AgentManifest {
	readonly path: string;
	readonly built: boolean;
}

/**
 * Builds the agent if its inputs changed. Safe to run several times at once: each run builds in a folder of its own and
 * moves the results into place at its end. Throws when the bundle is over its limit or a step fails, with that step's words.
 */
export async function bundleAgent(options: { entry?: string; output?: string } = {}): Promise<AgentBundle> {
	const entry = options.entry ?? join(project, "packages/agent/src/main.ts");
	const output = options.output ?? join(project, "dist/agent");
	const path = join(output, "rollcall-agent");
	const strip = await stripVersion();
	const inputsHash = await hashInputs([entry, strip ?? "not stripped", process.version, platform()]);
	const present = await readManifest(output);
	if (present?.inputsHash === inputsHash) return { ...present, path, built: false };

	await mkdir(output, { recursive: true });
	await removeAbandoned(output);
	const work = await mkdtemp(join(output, ".build-"));
	try {
		await bundle(entry, join(work, "rollcall-agent.cjs"));
		const bundleBytes = (await stat(join(work, "rollcall-agent.cjs"))).size;
		if (bundleBytes > BUNDLE_LIMIT_BYTES)
			throw new Error(
				`the agent's bundle has ${bundleBytes} bytes, more than ${BUNDLE_LIMIT_BYTES}; see what was imported`,
			);
		await stripped(strip, join(work, "base"));
		// pkg changes the working directory of its process, so it gets one of its own.
		const script = fileURLToPath(import.meta.url);
		await run(execPath, [script, "--executable", work], { env: { ...process.env, TMPDIR: work } });
		await chmod(join(work, "rollcall-agent"), 0o755);
		const manifest: AgentManifest = {
			version: JSON.parse(await readFile(join(project, "packages/agent/package.json"), "utf8")).version,
			platform: platform(),
			sizeBytes: (await stat(join(work, "rollcall-agent"))).size,
			bundleBytes,
			sha256: await digest("sha256", join(work, "rollcall-agent")),
			sha512: await digest("sha512", join(work, "rollcall-agent")),
			inputsHash,
		};
		await writeFile(join(work, "manifest.json"), `${JSON.stringify(manifest, null, "\t")}\n`);
		// The manifest last: who reads it finds the file that it describes.
		for (const name of ["rollcall-agent.cjs", "rollcall-agent", "manifest.json"])
			await rename(join(work, name), join(output, name));
		return { ...manifest, path, built: true };
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

/** One CommonJS file: Node 24 takes no other main in a single executable. Short lines, since Node prints the whole line of an uncaught error. */
async function bundle(entry: string, outfile: string): Promise<void> {
	await build({
		entryPoints: [relative(project, entry)],
		absWorkingDir: project,
		outfile,
		bundle: true,
		platform: "node",
		target: "node24",
		format: "cjs",
		conditions: ["node"],
		minifyWhitespace: true,
		minifySyntax: true,
		lineLimit: 200,
		legalComments: "none",
		logLevel: "error",
		plugins: [englishOnly],
	});
}

/** zod's texts in fifty languages are 300 KB, none of them used: zod/core sets English by itself. */
const englishOnly: Plugin = {
	name: "english-only",
	setup(bundler) {
		bundler.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
			contents: 'export { default as en } from "./en.js";',
			resolveDir: join(project, "node_modules/zod/v4/locales"),
		}));
	},
};

/** The name of the platform in Node's words, `linux-x64`. */
function platform(): string {
	return `${process.platform}-${process.arch}`;
}

/** The Node that the workspace installs for this platform. */
function nodeBinary(): string {
	const name = `node-${platform()}`;
	try {
		return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin/node");
	} catch {
		throw new Error(`the package ${name} is not installed; run "npm install", or build on linux-x64 or linux-arm64`);
	}
}

/** Which strip there is, or nothing. */
async function stripVersion(): Promise<string | undefined> {
	try {
		return (await run("strip", ["--version"])).stdout.split("\n")[0];
	} catch {
		return undefined;
	}
}

/** Copies Node without its symbols. Must come before the bundle goes in: stripping an executable with a bundle breaks it. */
async function stripped(strip: string | undefined, to: string): Promise<void> {
	await copyFile(nodeBinary(), to);
	await chmod(to, 0o755);
	if (strip === undefined) stderr.write("bundle: no strip (binutils) here, the executable is 15 % larger\n");
	else await run("strip", [to]);
}

/**
 * Runs in a process of its own: makes `rollcall-agent` of `rollcall-agent.cjs` and `base`, all in `work`. With V8's code
 * cache, which saves a quarter of the start time. Two things make the result the same everywhere:
 * the name of the main file, which is in every stack trace, is given relative to pkg's folder, which lies in TMPDIR;
 * and V8 makes the cache with a fixed seed. pkg runs `nodePath` once to make the cache and then copies it as the base, but
 * passes no flags to it: so that path is a script which passes the flag and leaves Node in its place.
 */
async function makeExecutable(work: string): Promise<void> {
	const { default: sea } = await import("@yao-pkg/pkg/lib-es5/sea.js");
	const node = join(work, "node");
	const generate = ["#!/bin/sh", 'base=$(dirname "$0")/base', '"$base" --random-seed=1 "$@" && mv -f "$base" "$0"', ""];
	await writeFile(node, generate.join("\n"), { mode: 0o755 });
	const seaConfig = {
		main: "../rollcall-agent.cjs",
		disableExperimentalSEAWarning: true,
		useSnapshot: false,
		useCodeCache: true,
	};
	const target = {
		nodeRange: `node${process.versions.node}`,
		platform: "linux",
		arch: process.arch,
		output: join(work, "rollcall-agent"),
	} as const;
	await sea.default(join(work, "rollcall-agent.cjs"), { nodePath: node, seaConfig, targets: [target] });
}

/** Removes what builds left that were killed more than an hour ago: 200 MB each. */
async function removeAbandoned(output: string): Promise<void> {
	for (const name of await readdir(output)) {
		const path = join(output, name);
		const old = async () => Date.now() - (await stat(path)).mtimeMs > 3_600_000;
		if (name.startsWith(".build-") && (await old().catch(() => false)))
			await rm(path, { recursive: true, force: true });
	}
}

/** SHA-256 over names and contents of all inputs, and over what else decides the result. */
async function hashInputs(also: readonly string[]): Promise<string> {
	const hash = createHash("sha256");
	for (const text of also) hash.update(`${text.replace(project, "")}\0`);
	for (const input of INPUTS) {
		for (const file of await filesBelow(join(project, input))) {
			hash.update(`${relative(project, file)}\0`);
			hash.update(
				createHash("sha256")
					.update(await readFile(file))
					.digest(),
			);
		}
	}
	return hash.digest("hex");
}

async function filesBelow(path: string): Promise<string[]> {
	if (!(await stat(path)).isDirectory()) return [path];
	const entries = await readdir(path, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
}

/** What was built before, if all of it is there. */
async function readManifest(output: string): Promise<AgentManifest | undefined> {
	try {
		await access(join(output, "rollcall-agent"));
		return JSON.parse(await readFile(join(output, "manifest.json"), "utf8"));
	} catch {
		return undefined;
	}
}

async function digest(algorithm: string, path: string): Promise<string> {
	const hash = createHash(algorithm);
	for await (const chunk of createReadStream(path)) hash.update(chunk);
	return hash.digest("hex");
}

if (import.meta.main && argv[2] === "--executable" && argv[3] !== undefined) await makeExecutable(argv[3]);
else if (import.meta.main) {
	const { path, version, sizeBytes, bundleBytes, built } = await bundleAgent();
	const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
	stdout.write(
		`${built ? "built" : "unchanged"}: ${relative(process.cwd(), path)} ${version}, ${megabytes(sizeBytes)}, of it ${megabytes(bundleBytes)} bundle\n`,
	);
}
