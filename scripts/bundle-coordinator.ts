/**
 * Bundles the coordinator into `dist/coordinator`: a start from there takes a quarter of the processor time of one from the sources. It is the
 * same code with the same entry, in a folder named by the hash of what it was made of, so that one that runs finds its own parts, whatever is
 * built meanwhile. `packages/coordinator/bin/rollcall-coordinator.cjs` starts it.
 */
import { execFile } from "node:child_process";
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { argv, stderr, stdout } from "node:process";
import { promisify } from "node:util";
import type { Metafile, Plugin } from "esbuild";
import { hashFiles } from "./agent/inputs.ts";
import { leanZodAnd } from "./lean-zod.ts";
import { currentMain, ES_MODULES, recordBundle } from "./module-bundle.ts";

const run = promisify(execFile);
const project = dirname(import.meta.dirname);
const parts = join(import.meta.dirname, "coordinator");
const output = join(project, "dist/coordinator");
const sources = join(project, "packages/coordinator/src");
const BUNDLERS = [
	...["bundle-coordinator", "lean-zod", "module-bundle"].map((name) => `scripts/${name}.ts`),
	...["code-cache", "main", "wrapped"].map((name) => `scripts/coordinator/${name}.cjs`),
];
const INPUTS = ["packages/coordinator/src", "packages/protocol/src", "package-lock.json", ...BUNDLERS];
/** Bundles of other sources are removed when they are so old, in milliseconds, but for the newest ones: a coordinator may run from them. */
const OLD_MS = 3_600_000;
const NEWEST = 3;

/**
 * Builds the bundle if there is none of these sources, and gives the path of its `main.cjs`. Several at once do not disturb each other: each
 * builds in a folder of its own, and the first one that is done is used.
 */
export async function bundleCoordinator(): Promise<string> {
	const current = currentMain("dist/coordinator");
	if (current !== undefined) return current;
	const hash = await hashFiles(INPUTS, [process.version]);
	const main = join(output, hash, "main.cjs");
	await mkdir(output, { recursive: true });
	const work = await mkdtemp(join(output, ".build-"));
	try {
		const { metafile } = await bundleInto(work);
		await rename(work, dirname(main)).catch(async (error: unknown) => {
			if (!(await isThere(main))) throw error;
		});
		await recordBundle(output, join(hash, "main.cjs"), metafile, BUNDLERS);
		await removeOld();
		return main;
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

/** Builds all parts of the bundle into a folder. */
async function bundleInto(work: string): Promise<{ metafile: Metafile }> {
	const { build } = await import("esbuild");
	const common = { ...ES_MODULES, outdir: work, target: "node24", sourcemap: true, sourcesContent: false } as const;
	const plugins = [leanZodAnd(keepPlaces)];
	// What seldom or elsewhere runs: the client of Kubernetes, and the program of a thread.
	await build({
		...common,
		entryPoints: {
			"kubernetes-client": KUBERNETES,
			"parse-worker": join(sources, "adapters/documents/parse-worker.ts"),
		},
		plugins: [...plugins, await usedOfKubernetes()],
	});
	// A script, since V8's cache of all functions can be had of no module.
	const built = await build({
		...common,
		entryPoints: { coordinator: join(sources, "main.ts") },
		outExtension: { ".js": ".cjs" },
		splitting: false,
		format: "cjs",
		banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
		define: { "import.meta.url": "bundleUrl" },
		plugins: [...plugins, kubernetesBeside],
	});
	const bundle = join(work, "coordinator.cjs");
	await writeFile(bundle, inAscii(await readFile(bundle, "utf8")));
	for (const name of ["main.cjs", "wrapped.cjs"]) await copyFile(join(parts, name), join(work, name));
	await run(process.execPath, [join(parts, "code-cache.cjs"), bundle, join(work, "coordinator.cache")]);
	return built;
}

const KUBERNETES = "@kubernetes/client-node";

/** Of the client of Kubernetes, what the sources import: it is a third of it. */
async function usedOfKubernetes(): Promise<Plugin> {
	const folder = join(sources, "adapters/kubernetes");
	const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
	const lists = texts.join("\n").matchAll(/^import \{([^}]*)\} from "@kubernetes\/client-node";/gm);
	const words = [...lists].flatMap(([, list = ""]) => list.split(",")).map((word) => word.trim());
	const names = new Set(words.filter((word) => /^\w+$/.test(word)));
	return {
		name: "used-of-kubernetes",
		setup(bundler) {
			bundler.onResolve({ filter: /^@kubernetes\/client-node$/ }, ({ kind }) =>
				kind === "entry-point" ? { path: KUBERNETES, namespace: "used" } : undefined,
			);
			bundler.onLoad({ filter: /.*/, namespace: "used" }, () => ({
				contents: `export { ${[...names].join(", ")} } from "${KUBERNETES}";`,
				resolveDir: folder,
			}));
		},
	};
}

/** The client of Kubernetes is loaded by the first who needs it, from a file of its own. */
const kubernetesBeside: Plugin = {
	name: "kubernetes-beside",
	setup(bundler) {
		bundler.onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({
			path: "./kubernetes-client.mjs",
			external: true,
		}));
	},
};

/** esbuild leaves regular expressions and comments as they are. Of a text in ASCII V8 holds one byte a character, and it is read faster. */
function inAscii(text: string): string {
	return text.replaceAll(/[^\0-\x7f]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The one source whose neighbour, a thread's program, lies beside it in the bundle, too. */
const STARTS_THREAD = join(sources, "adapters/documents/document-reader.ts");

/** All other sources that look for something beside themselves find it where the sources lie, also in a checkout that was moved. */
function keepPlaces(source: string, path: string): string {
	if (path === STARTS_THREAD) return source.replace("./parse-worker.ts", "./parse-worker.mjs");
	const place = `new URL(${JSON.stringify(join("../../..", relative(project, path)))}, import.meta.url)`;
	return source.replaceAll(/import\.meta\.(dirname|url)/g, (_, what) =>
		what === "url" ? `${place}.href` : `require("node:path").dirname(require("node:url").fileURLToPath(${place}))`,
	);
}

function isThere(file: string): Promise<boolean> {
	return access(file).then(
		() => true,
		() => false,
	);
}

async function removeOld(): Promise<void> {
	const names = (await readdir(output)).filter((name) => name !== "sources.json");
	const made = await Promise.all(
		names.map(async (name) => {
			const { mtimeMs } = await stat(join(output, name)).catch(() => ({ mtimeMs: Date.now() }));
			return { name, mtimeMs };
		}),
	);
	for (const { name, mtimeMs } of made.toSorted((one, other) => other.mtimeMs - one.mtimeMs).slice(NEWEST))
		if (Date.now() - mtimeMs > OLD_MS) await rm(join(output, name), { recursive: true, force: true });
}

if (import.meta.main) {
	const quiet = argv.includes("--quiet");
	if (currentMain("dist/coordinator") === undefined) stderr.write("rollcall: 5 of 5: bundling the coordinator ...\n");
	const main = await bundleCoordinator();
	if (!quiet) stdout.write(`${relative(process.cwd(), main)}\n`);
}
