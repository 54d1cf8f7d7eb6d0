/**
 * Bundles the coordinator for the tests that start it as a process: a start from the bundle takes half the processor time of one from the
 * sources. It is the same code with the same entry. A bundle is kept by the hash of what it was made of, so no test meets an old one.
 */
import { access, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { argv, stdout } from "node:process";
import { pathToFileURL } from "node:url";
import { hashFiles } from "./agent/inputs.ts";
import { leanZodAnd } from "./lean-zod.ts";

const project = dirname(import.meta.dirname);
const kept = join(project, ".cache/coordinator");
const sources = join(project, "packages/coordinator/src");
const INPUTS = [
	"packages/coordinator/src",
	"packages/protocol/src",
	"package-lock.json",
	"scripts/bundle-coordinator.ts",
	"scripts/lean-zod.ts",
];
/** Bundles of other sources are removed when they are so old, in milliseconds. */
const OLD_MS = 3_600_000;

/** Packages that are CommonJS ask for Node's modules by `require`. */
const REQUIRE = 'import { createRequire as toRequire } from "node:module"; const require = toRequire(import.meta.url);';

/**
 * Builds the bundle if there is none of these sources, and gives the path of its `main.mjs`. Several at once do not disturb each other: each
 * builds in a folder of its own, and the first one that is done is used.
 */
export async function bundleCoordinator(): Promise<string> {
	const folder = join(kept, await hashFiles(INPUTS, [process.version]));
	const main = join(folder, "main.mjs");
	if (await isThere(main)) return main;
	await mkdir(kept, { recursive: true });
	await removeOld();
	const { build } = await import("esbuild");
	const work = await mkdtemp(join(kept, ".build-"));
	try {
		await build({
			entryPoints: {
				main: join(sources, "main.ts"),
				"parse-worker": join(sources, "adapters/documents/parse-worker.ts"),
			},
			absWorkingDir: project,
			outdir: work,
			outExtension: { ".js": ".mjs" },
			bundle: true,
			splitting: true,
			platform: "node",
			target: "node24",
			format: "esm",
			banner: { js: REQUIRE },
			sourcemap: true,
			sourcesContent: false,
			logLevel: "error",
			plugins: [leanZodAnd(keepPlaces)],
		});
		await rename(work, folder).catch(async (error: unknown) => {
			if (!(await isThere(main))) throw error;
		});
		return main;
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

/** The one source whose neighbour, a thread's program, lies beside it in the bundle, too. */
const STARTS_THREAD = join(sources, "adapters/documents/document-reader.ts");

/** All other sources that look for something beside themselves find it where the sources lie. */
function keepPlaces(source: string, path: string): string {
	if (path === STARTS_THREAD) return source.replace("./parse-worker.ts", "./parse-worker.mjs");
	return source
		.replaceAll("import.meta.dirname", JSON.stringify(dirname(path)))
		.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href));
}

function isThere(file: string): Promise<boolean> {
	return access(file).then(
		() => true,
		() => false,
	);
}

/** A coordinator that runs from such a bundle may still load a part of it: what is younger stays. */
async function removeOld(): Promise<void> {
	for (const name of await readdir(kept)) {
		const { mtimeMs } = await stat(join(kept, name)).catch(() => ({ mtimeMs: Date.now() }));
		if (Date.now() - mtimeMs > OLD_MS) await rm(join(kept, name), { recursive: true, force: true });
	}
}

if (import.meta.main) {
	const main = await bundleCoordinator();
	if (!argv.includes("--quiet")) stdout.write(`${main}\n`);
}
