import { dirname, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { nodeOnDemand } from "../node-on-demand.ts";
import { lateZod } from "./late-schemas.ts";
import { leanNats } from "./lean-nats.ts";

const project = dirname(dirname(import.meta.dirname));

/** How the file is to be. `wrap`: what is put around it; `names`: names of functions are kept, for the error lines of machines. */
export interface BundleStyle {
	readonly wrap?: { readonly before: string; readonly after: string };
	readonly names: boolean;
}

/** One CommonJS file of a program and all that it imports. Short lines, since Node prints the whole line of an uncaught error. */
export async function bundleFile(entry: string, outfile: string, { wrap, names }: BundleStyle): Promise<void> {
	await build({
		entryPoints: [relative(project, entry)],
		absWorkingDir: project,
		outfile,
		bundle: true,
		platform: "node",
		target: "node24",
		format: "cjs",
		...(wrap ? { banner: { js: wrap.before }, footer: { js: wrap.after } } : {}),
		charset: "ascii",
		conditions: ["node"],
		minifyWhitespace: true,
		minifySyntax: true,
		minifyIdentifiers: !names,
		lineLimit: 200,
		legalComments: "none",
		logLevel: "error",
		plugins: [...lateZod, leanNats, onDemand, noSecondCryptography],
	});
}

/** What most agents never use, or not at the start. */
const ON_DEMAND = [
	"child_process",
	"crypto",
	"dns",
	"fs/promises",
	"http",
	"https",
	"net",
	"readline",
	"sea",
	"stream/promises",
	"timers/promises",
	"tls",
	"zlib",
];
const onDemand = nodeOnDemand(ON_DEMAND, (name) => `process.getBuiltinModule(${name})`);

/** The NATS client brings Ed25519 in JavaScript for authenticators of its own; the agent's uses Node's. */
const noSecondCryptography: Plugin = {
	name: "no-second-cryptography",
	setup(bundler) {
		bundler.onResolve({ filter: /^@nats-io\/nkeys$/ }, ({ path }) => ({ path, namespace: "left-out" }));
		bundler.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "module.exports = {};" }));
	},
};
