import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join, relative } from "node:path";

const project = join(import.meta.dirname, "../../..");
const output = join(project, ".cache/test-programs");
/** Packages that are CommonJS ask for Node's modules by `require`. */
const REQUIRE = 'import { createRequire as toRequire } from "node:module"; const require = toRequire(import.meta.url);';

/**
 * One file in `.cache/test-programs` of a program's source, by its path, and all that it imports; returns that file's path. A start from there takes a third of the
 * processor time of one from the sources, so it is for programs that a test starts many times. Each process that asks for it makes it anew, so that it is always the
 * code as it is; several at once do not disturb each other.
 */
export async function oneFile(entry: string): Promise<string> {
	const name = relative(project, entry).replaceAll("/", "-").replace(/\.ts$/, "");
	await mkdir(output, { recursive: true });
	const work = await mkdtemp(join(output, ".build-"));
	try {
		const { build } = await import("esbuild");
		await build({
			absWorkingDir: project,
			entryPoints: [{ in: entry, out: name }],
			outdir: work,
			outExtension: { ".js": ".mjs" },
			bundle: true,
			platform: "node",
			format: "esm",
			target: "node24",
			banner: { js: REQUIRE },
			logLevel: "error",
		});
		const file = join(output, `${name}.mjs`);
		await rename(join(work, `${name}.mjs`), file);
		return file;
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}
