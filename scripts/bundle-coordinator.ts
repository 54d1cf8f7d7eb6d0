/**
 * Bundles the coordinator into `dist/coordinator`: a start from there takes a quarter of the processor time of one from the sources. It is the
 * same code with the same entry, in a folder named by the hash of what it was made of, so that one that runs finds its own parts, whatever is
 * built meanwhile. `packages/coordinator/bin/rollcall-coordinator.cjs` starts it.
 */
import { access, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { argv, stderr, stdout } from "node:process";
import { hashFiles } from "./agent/inputs.ts";
import { leanZodAnd } from "./lean-zod.ts";
import { currentMain, ES_MODULES, recordBundle } from "./module-bundle.ts";

const project = dirname(import.meta.dirname);
const output = join(project, "dist/coordinator");
const sources = join(project, "packages/coordinator/src");
const BUNDLERS = ["bundle-coordinator", "lean-zod", "module-bundle"].map((name) => `scripts/${name}.ts`);
const INPUTS = ["packages/coordinator/src", "packages/protocol/src", "package-lock.json", ...BUNDLERS];
/** Bundles of other sources are removed when they are so old, in milliseconds, but for the newest ones: a coordinator may run from them. */
const OLD_MS = 3_600_000;
const NEWEST = 3;

/**
 * Builds the bundle if there is none of these sources, and gives the path of its `main.mjs`. Several at once do not disturb each other: each
 * builds in a folder of its own, and the first one that is done is used.
 */
export async function bundleCoordinator(): Promise<string> {
	const current = currentMain("dist/coordinator");
	if (current !== undefined) return current;
	const hash = await hashFiles(INPUTS, [process.version]);
	const main = join(output, hash, "main.mjs");
	await mkdir(output, { recursive: true });
	const { build } = await import("esbuild");
	const work = await mkdtemp(join(output, ".build-"));
	try {
		const { metafile } = await build({
			...ES_MODULES,
			entryPoints: {
				main: join(sources, "main.ts"),
				"parse-worker": join(sources, "adapters/documents/parse-worker.ts"),
			},
			outdir: work,
			target: "node24",
			sourcemap: true,
			sourcesContent: false,
			plugins: [leanZodAnd(keepPlaces)],
		});
		await rename(work, dirname(main)).catch(async (error: unknown) => {
			if (!(await isThere(main))) throw error;
		});
		await recordBundle(output, join(hash, "main.mjs"), metafile, BUNDLERS);
		await removeOld();
		return main;
	} finally {
		await rm(work, { recursive: true, force: true });
	}
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
