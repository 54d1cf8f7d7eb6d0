import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

const AT_ONCE = "const segmenter = new Intl.Segmenter();";
const LATE = "let made; const segmenter = { segment: (text) => (made ??= new Intl.Segmenter()).segment(text) };";

/** `string-width` makes what divides a text into characters at its start, which takes half as long as Node's own; only text beyond ASCII needs it. */
export const lateSegmenter: Plugin = {
	name: "late-segmenter",
	setup(bundler) {
		bundler.onLoad({ filter: /\/node_modules\/string-width\/index\.js$/ }, async ({ path }) => {
			const text = await readFile(path, "utf8");
			if (!text.includes(AT_ONCE)) return { errors: [{ text: `${path} has no "${AT_ONCE}" any more` }] };
			return { contents: text.replace(AT_ONCE, LATE), loader: "js" };
		});
	},
};
