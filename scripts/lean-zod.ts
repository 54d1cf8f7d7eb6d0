import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin } from "esbuild";

const project = join(import.meta.dirname, "..");

/** Of zod only what is used. */
export const leanZod = leanZodAnd((source) => source);

/**
 * The same, for who changes our sources otherwise, too: of a file only one plugin can give the text. zod's texts in fifty languages are 300 KB:
 * zod/core sets English by itself. Half of the rest goes when it is imported name by name.
 */
export function leanZodAnd(change: (source: string, path: string) => string): Plugin {
	return {
		name: "lean-zod",
		setup(bundler) {
			bundler.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
				contents: 'export { default as en } from "./en.js";',
				resolveDir: join(project, "node_modules/zod/v4/locales"),
			}));
			bundler.onLoad({ filter: /\/packages\/[^/]+\/src\/.*\.ts$/ }, async ({ path }) => {
				const source = (await readFile(path, "utf8")).replace('import { z } from "zod";', 'import * as z from "zod";');
				return { contents: withoutEffects(change(source, path), path), loader: "ts" };
			});
		},
	};
}

/** A constant of a module that is made by a call, as our formatter writes it: it ends where the next line is not indented. */
export const MADE = /^((?:export )?const \w+(?:: [^=\n]+)? = )([^;]*?\(.*?);$(?=\n(?:\n|[^\s)\]}])|\n?(?![\s\S]))/gms;

/**
 * The protocol has no effects: what nobody uses of it, such as schemas of what only others read, is not made. A bundler takes each call for an
 * effect, unless it is told.
 */
function withoutEffects(source: string, path: string): string {
	if (!path.includes("/packages/protocol/src/")) return source;
	return source.replace(MADE, "$1/* @__PURE__ */ (() => ($2))();");
}
