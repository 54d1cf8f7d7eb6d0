import { createRequire } from "node:module";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { build } from "esbuild";
import { z } from "zod";
import { lateZod } from "../../scripts/agent/late-schemas.ts";
import { repository } from "./places.ts";

/** Of zod's own settings: what it tells of each schema that it makes. */
const settings = z.config() as { postProcessor?: (schema: unknown) => void };

/** Does something, and counts the schemas that are made meanwhile. */
export function countingSchemas<T>(work: () => T): { readonly result: T; readonly made: number } {
	let made = 0;
	settings.postProcessor = () => {
		made++;
	};
	try {
		const result = work();
		return { result, made };
	} finally {
		delete settings.postProcessor;
	}
}

/** What a file exports when it is bundled as the agent is, and how many schemas it made at once. */
export async function bundled(
	file: string,
): Promise<{ readonly exports: Readonly<Record<string, unknown>>; readonly made: number }> {
	const { outputFiles } = await build({
		entryPoints: [file],
		absWorkingDir: repository,
		bundle: true,
		platform: "node",
		format: "cjs",
		write: false,
		logLevel: "error",
		plugins: lateZod,
	});
	const module = { exports: {} };
	const { made } = countingSchemas(() => {
		const load = runInThisContext(`(function (exports, require, module) {${outputFiles[0]?.text}\n})`);
		load(module.exports, createRequire(join(repository, "package.json")), module);
	});
	return { exports: module.exports, made };
}
