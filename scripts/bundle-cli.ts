/**
 * Bundles the operator's command into `dist/cli`: one ES module for the start and one for each command, which is loaded when
 * it is called. Reading a few files in place of hundreds is most of what a call takes. Runs on Node 20 as well.
 */
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { lateSegmenter } from "./late-segmenter.ts";
import { leanZod } from "./lean-zod.ts";
import { nodeOnDemand } from "./node-on-demand.ts";

const project = dirname(import.meta.dirname);
const output = join(project, "dist/cli");

/** Packages that are CommonJS ask for Node's modules by `require`. */
const REQUIRE = 'import { createRequire as toRequire } from "node:module"; const require = toRequire(import.meta.url);';

/** All of Node that most calls do not use. Newer versions of Node than 20.0 have a function for it; an indirect `require` is left as it is. */
const ON_DEMAND = [
	"child_process",
	"crypto",
	"fs",
	"fs/promises",
	"http",
	"https",
	"os",
	"path",
	"process",
	"timers/promises",
	"util",
];
const onDemand = nodeOnDemand(ON_DEMAND, (name) => `(0, require)(${name})`);

/** What else decides how the bundle looks. */
const BUNDLERS = ["bundle-cli", "late-segmenter", "lean-zod", "node-on-demand"].map((name) => `scripts/${name}.ts`);

/** Builds beside what is there, then puts it in its place: a command that starts meanwhile finds a whole bundle. */
async function bundleCli(): Promise<void> {
	await mkdir(dirname(output), { recursive: true });
	const work = await mkdtemp(join(dirname(output), ".cli-"));
	try {
		const { metafile } = await build({
			entryPoints: { main: join(project, "packages/cli/src/main.ts") },
			absWorkingDir: project,
			outdir: work,
			outExtension: { ".js": ".mjs" },
			bundle: true,
			splitting: true,
			platform: "node",
			target: "node20",
			format: "esm",
			banner: { js: REQUIRE },
			minifyWhitespace: true,
			minifySyntax: true,
			lineLimit: 200,
			legalComments: "none",
			logLevel: "error",
			metafile: true,
			plugins: [leanZod, onDemand, lateSegmenter],
		});
		// `packages/cli/bin/rollcall.cjs` compares these with the sources of a checkout.
		const sources = Object.keys(metafile.inputs).filter((path) => path.startsWith("packages/"));
		const made = await Promise.all(
			[...sources, ...BUNDLERS].map(async (path) => {
				const { size, mtimeMs } = await stat(join(project, path));
				return [path, size, mtimeMs];
			}),
		);
		await writeFile(join(work, "sources.json"), JSON.stringify(made));
		const old = `${work}.old`;
		await rename(output, old).catch(() => undefined);
		await rename(work, output);
		await rm(old, { recursive: true, force: true });
	} catch (error) {
		await rm(work, { recursive: true, force: true });
		throw error;
	}
}

/** True when every source is as old and as long as it was for the bundle that is there. */
async function isCurrent(): Promise<boolean> {
	try {
		const made: [string, number, number][] = JSON.parse(await readFile(join(output, "sources.json"), "utf8"));
		const now = await Promise.all(made.map(([path]) => stat(join(project, path))));
		return made.every(([, size, mtimeMs], index) => now[index]?.size === size && now[index]?.mtimeMs === mtimeMs);
	} catch {
		return false;
	}
}

if (!(await isCurrent())) {
	process.stderr.write("rollcall: 4 of 4: bundling the command ...\n");
	await bundleCli();
}
