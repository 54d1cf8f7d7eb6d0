import { dirname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";

const project = dirname(dirname(import.meta.dirname));

/** One CommonJS file as a function, for `loader.cjs`. Short lines, since Node prints the whole line of an uncaught error. */
export async function bundlePart(entry: string, outfile: string): Promise<void> {
	await build({
		entryPoints: [relative(project, entry)],
		absWorkingDir: project,
		outfile,
		bundle: true,
		platform: "node",
		target: "node24",
		format: "cjs",
		banner: { js: "(function(exports,require,module){" },
		footer: { js: "})" },
		charset: "ascii",
		conditions: ["node"],
		minifyWhitespace: true,
		minifySyntax: true,
		// Names of functions are in the error lines of machines; a rehearsal can do without.
		minifyIdentifiers: entry.endsWith("/rehearse.ts"),
		lineLimit: 200,
		legalComments: "none",
		logLevel: "error",
		plugins: [englishOnly, nodeOnDemand, partOnDemand, noSecondCryptography],
	});
}

/** zod's texts in fifty languages are 300 KB, none of them used: zod/core sets English by itself. */
const englishOnly: Plugin = {
	name: "english-only",
	setup(bundler) {
		bundler.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
			contents: 'export { default as en } from "./en.js";',
			resolveDir: join(project, "node_modules/zod/v4/locales"),
		}));
	},
};

/**
 * Modules of Node that are loaded when one of their exports is first used, not at the start: node:tls alone takes as long as
 * half of Node's own start, and most agents never use it.
 */
const ON_DEMAND = ["child_process", "crypto", "dns", "fs/promises", "http", "https", "net", "readline", "sea", "tls"];
const nodeOnDemand: Plugin = {
	name: "node-on-demand",
	setup(bundler) {
		bundler.onResolve({ filter: /^(?:node:)?[a-z_/]+$/ }, ({ path }) => {
			const name = path.replace("node:", "");
			return ON_DEMAND.includes(name) ? { path: name, namespace: "node-on-demand" } : undefined;
		});
		bundler.onLoad({ filter: /.*/, namespace: "node-on-demand" }, async ({ path }) => {
			const names = Object.keys(await import(`node:${path}`)).filter((name) => name !== "default");
			const load = `loaded ??= process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`;
			const contents = `let loaded;
				for (const name of ${JSON.stringify(names)})
					Object.defineProperty(exports, name, { enumerable: true, get: () => (${load})[name] });`;
			return { contents, loader: "js" };
		});
	},
};

/** The rehearsal is a part of its own, loaded when it is asked for. */
const partOnDemand: Plugin = {
	name: "part-on-demand",
	setup(bundler) {
		bundler.onResolve({ filter: /\/rehearse\.ts$/, namespace: "file" }, ({ kind, path }) =>
			kind === "entry-point" ? undefined : { path, namespace: "part-on-demand" },
		);
		bundler.onLoad({ filter: /.*/, namespace: "part-on-demand" }, () => ({
			contents: 'module.exports = require("rollcall-agent:rehearse");',
		}));
		bundler.onResolve({ filter: /^rollcall-agent:/ }, ({ path }) => ({ path, external: true }));
	},
};

/** The NATS client brings Ed25519 in JavaScript for authenticators of its own; the agent's uses Node's. */
const noSecondCryptography: Plugin = {
	name: "no-second-cryptography",
	setup(bundler) {
		bundler.onResolve({ filter: /^@nats-io\/nkeys$/ }, ({ path }) => ({ path, namespace: "left-out" }));
		bundler.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "module.exports = {};" }));
	},
};
