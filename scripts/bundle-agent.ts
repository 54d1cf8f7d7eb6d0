/**
 * Builds the agent into one executable file, `dist/agent/rollcall-agent`: esbuild makes one CommonJS file of it, V8 a cache of
 * the code that a start runs, and pkg puts both into a copy of the Node that the workspace installs (a single executable application,
 * whose main is `agent/loader.cjs`). Nothing is downloaded.
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
import { bundleFile } from "./agent/bundle-file.ts";
import { hashInputs } from "./agent/inputs.ts";
import { writeCache } from "./agent/write-cache.ts";

const run = promisify(execFile);
const project = dirname(import.meta.dirname);
const BUNDLE_LIMIT_BYTES = 1024 * 1024;
/** The bundle is a function, for `agent/loader.cjs`. */
const WRAP = { before: "(function(exports,require,module){", after: "})" };

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

interface BundleOptions {
	readonly entry?: string;
	readonly output?: string;
	/** Told what is done now, when something is. */
	readonly onStep?: (what: string) => void;
}

/**
 * Builds the agent if its inputs changed. Safe to run several times at once: each run builds in a folder of its own and
 * moves the results into place at its end. Throws when the bundle is over its limit or a step fails, with that step's words.
 */
export async function bundleAgent(options: BundleOptions = {}): Promise<AgentBundle> {
	const entry = options.entry ?? join(project, "packages/agent/src/main.ts");
	const output = options.output ?? join(project, "dist/agent");
	const path = join(output, "rollcall-agent");
	const strip = await stripVersion();
	const inputsHash = await hashInputs(
		["scripts/bundle-agent.ts"],
		[entry, strip ?? "not stripped", process.version, platform()],
	);
	const present = await readManifest(output);
	if (present?.inputsHash === inputsHash) return { ...present, path, built: false };

	const { onStep = () => undefined } = options;
	onStep("its code");
	await mkdir(output, { recursive: true });
	await removeAbandoned(output);
	const work = await mkdtemp(join(output, ".build-"));
	try {
		await bundleFile(entry, join(work, "agent.cjs"), { wrap: WRAP, names: true });
		const bundleBytes = (await stat(join(work, "agent.cjs"))).size;
		if (bundleBytes > BUNDLE_LIMIT_BYTES)
			throw new Error(
				`the agent's bundle has ${bundleBytes} bytes, more than ${BUNDLE_LIMIT_BYTES}; see what was imported`,
			);
		onStep("a Node to carry it");
		await stripped(strip, join(work, "base"));
		onStep("both in one file");
		// pkg changes the working directory of its process, so it gets one of its own.
		const script = fileURLToPath(import.meta.url);
		await run(execPath, [script, "--executable", work], { env: { ...process.env, TMPDIR: work } });
		await chmod(join(work, "rollcall-agent"), 0o755);
		onStep("its hashes");
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
		for (const name of ["agent.cjs", "rollcall-agent", "manifest.json"])
			await rename(join(work, name), join(output, name));
		return { ...manifest, path, built: true };
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

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

/** Runs in a process of its own: makes `rollcall-agent` of the bundle and of `base`, all in `work`. */
async function makeExecutable(work: string): Promise<void> {
	const { default: sea } = await import("@yao-pkg/pkg/lib-es5/sea.js");
	const [source, cache] = [join(work, "agent.cjs"), join(work, "agent.cache")];
	await writeCache(join(work, "base"), source, cache, work);
	// The name of the main file is in every stack trace, so it is given relative to pkg's folder, which lies in TMPDIR.
	await copyFile(join(project, "scripts/agent/loader.cjs"), join(work, "agent-loader.cjs"));
	const seaConfig = {
		main: "../agent-loader.cjs",
		disableExperimentalSEAWarning: true,
		useSnapshot: false,
		useCodeCache: false,
		assets: { "agent.cjs": source, "agent.cache": cache },
	};
	const target = {
		nodeRange: `node${process.versions.node}`,
		platform: "linux",
		arch: process.arch,
		output: join(work, "rollcall-agent"),
	} as const;
	await sea.default(join(work, "agent-loader.cjs"), { nodePath: join(work, "base"), seaConfig, targets: [target] });
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
	const { path, version, sizeBytes, bundleBytes, built } = await bundleAgent({
		onStep: (what) => stderr.write(`rollcall: 3 of 5: bundling the agent: ${what} ...\n`),
	});
	const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
	if (built || !argv.includes("--quiet"))
		stdout.write(
			`${built ? "built" : "unchanged"}: ${relative(process.cwd(), path)} ${version}, ${megabytes(sizeBytes)}, of it ${megabytes(bundleBytes)} bundle\n`,
		);
}
