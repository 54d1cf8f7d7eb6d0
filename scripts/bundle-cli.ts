/**
 * Bundles the operator's command into `dist/cli`: one ES module for the start and one for each command, which is loaded when
 * it is called. Reading a few files in place of hundreds is most of what a call takes. Runs on Node 20 as well.
 */
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { lateSegmenter } from "./late-segmenter.ts";
import { leanZod } from "./lean-zod.ts";
import { currentMain, ES_MODULES, recordBundle } from "./module-bundle.ts";
import { nodeOnDemand } from "./node-on-demand.ts";

const project = dirname(import.meta.dirname);
const output = join(project, "dist/cli");

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
	"stream/consumers",
	"timers/promises",
	"util",
];
const onDemand = nodeOnDemand(ON_DEMAND, (name) => `(0, require)(${name})`);

/** What else decides how the bundle looks. */
const BUNDLERS = ["bundle-cli", "late-segmenter", "lean-zod", "module-bundle", "node-on-demand"].map(
	(name) => `scripts/${name}.ts`,
);

/** Builds beside what is there, then puts it in its place: a command that starts meanwhile finds a whole bundle. */
async function bundleCli(): Promise<void> {
	await mkdir(dirname(output), { recursive: true });
	const work = await mkdtemp(join(dirname(output), ".cli-"));
	try {
		const { metafile } = await build({
			...ES_MODULES,
			entryPoints: { main: join(project, "packages/cli/src/main.ts") },
			outdir: work,
			target: "node20",
			minifyWhitespace: true,
			minifySyntax: true,
			lineLimit: 200,
			legalComments: "none",
			plugins: [leanZod, onDemand, lateSegmenter],
		});
		await recordBundle(work, "main.mjs", metafile, BUNDLERS);
		const old = `${work}.old`;
		await rename(output, old).catch(() => undefined);
		await rename(work, output);
		await rm(old, { recursive: true, force: true });
	} catch (error) {
		await rm(work, { recursive: true, force: true });
		throw error;
	}
}

if (currentMain("dist/cli") === undefined) {
	process.stderr.write("rollcall: 4 of 5: bundling the command ...\n");
	await bundleCli();
}
