import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { buildSync } from "esbuild";

const project = join(import.meta.dirname, "../../..");
const output = join(project, ".cache/test-programs");
/** Packages that are CommonJS ask for Node's modules by `require`. */
const REQUIRE = 'import { createRequire as toRequire } from "node:module"; const require = toRequire(import.meta.url);';

/**
 * One file in `.cache/test-programs` of a program's source, by its path, and all that it imports; returns that file's path. A start from there takes a third of the
 * processor time of one from the sources, so it is for programs that a test starts many times. Each process that asks for it makes it anew, so that it is always the
 * code as it is; several at once do not disturb each other. It does so without waiting, since a test file whose imports wait cannot share a process with others.
 */
export function oneFile(entry: string): string {
	const name = relative(project, entry).replaceAll("/", "-").replace(/\.ts$/, "");
	mkdirSync(output, { recursive: true });
	const work = mkdtempSync(join(output, ".build-"));
	try {
		buildSync({
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
		renameSync(join(work, `${name}.mjs`), file);
		return file;
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
}
