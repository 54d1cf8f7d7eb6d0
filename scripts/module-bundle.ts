import { rename, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { BuildOptions, Metafile } from "esbuild";

const project = dirname(import.meta.dirname);

/** The begin of each file of a bundle of ES modules: packages that are CommonJS ask for Node's modules by `require`. */
const REQUIRE = 'import { createRequire as toRequire } from "node:module"; const require = toRequire(import.meta.url);';

/** What all bundles of ES modules have in common. */
export const ES_MODULES = {
	absWorkingDir: project,
	outExtension: { ".js": ".mjs" },
	bundle: true,
	splitting: true,
	platform: "node",
	format: "esm",
	banner: { js: REQUIRE },
	logLevel: "error",
	metafile: true,
	// Under the LGPL: it stays a library of its own beside the bundle.
	external: ["openpgp"],
} as const satisfies BuildOptions;

/** The file to start of the bundle in a folder of the project, such as `dist/cli`; undefined where it is none of the sources as they are. */
export function currentMain(folder: string): string | undefined {
	const { currentMain: read } = createRequire(import.meta.url)("./current-bundle.cjs") as {
		currentMain(project: string, folder: string): string | undefined;
	};
	return read(project, folder);
}

/**
 * Writes `sources.json` into a folder: the file to start, relative to it, and every source of the project and every bundler (paths of the
 * project) with its length and time in milliseconds. It appears whole.
 */
export async function recordBundle(
	folder: string,
	main: string,
	{ inputs }: Metafile,
	bundlers: readonly string[],
): Promise<void> {
	const paths = [...Object.keys(inputs).filter((path) => path.startsWith("packages/")), ...bundlers];
	const sources = await Promise.all(
		paths.map(async (path) => {
			const { size, mtimeMs } = await stat(join(project, path));
			return [path, size, mtimeMs];
		}),
	);
	const fresh = join(folder, `.sources-${process.pid}.json`);
	await writeFile(fresh, JSON.stringify({ main, sources }));
	await rename(fresh, join(folder, "sources.json"));
}
