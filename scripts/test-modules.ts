/**
 * Bundles what many test files load into `.cache/test-modules`: the part of AVA that runs in each test process, packages of many files, and the
 * protocol. A test process loads some files then, in place of some hundreds. `use-test-modules.cjs` has it do so.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";
import { hashFiles } from "./agent/inputs.ts";
import { currentMain, ES_MODULES, recordBundle } from "./module-bundle.ts";

const project = dirname(import.meta.dirname);
const BUNDLERS = ["scripts/test-modules.ts", "scripts/module-bundle.ts", "package-lock.json"];
/** Which file of a bundle is which module. */
const TABLE = "modules.json";

const ava = join(project, "node_modules/ava");
const AVA_WORKER = "node_modules/ava/lib/worker/base.js";
const PACKAGES = [
	// Before those that look for it.
	"reflect-metadata",
	...["@kubernetes/client-node", "@nats-io/jetstream", "@nats-io/jwt", "@nats-io/nats-core", "@nats-io/nkeys"],
	...["@nats-io/transport-node", "@peculiar/x509", "fast-check", "fastify", "jose", "prom-client", "yaml", "zod"],
];

/**
 * What is bundled together: by the name of a file, what it is made of and what it is imported by: a package's name, or `./` and a file's path in the
 * project, since the project's folder can be moved or copied with its bundles.
 */
interface Wish {
	readonly name: string;
	readonly modules: readonly { readonly file: string; readonly from: string; readonly imported: string }[];
	/** Packages of the other bundle. */
	readonly external: string[];
	readonly inputs: readonly string[];
}

const PROTOCOL = "node_modules/@rollcall/protocol";

/** Packages change seldom and take seconds; the protocol changes often and takes none. */
const BUNDLES: readonly Wish[] = [
	{
		name: "packages",
		modules: [
			// Its own lines are left out of stack traces by the name of its folder.
			{ file: "node_modules/ava/main", from: join(ava, "entrypoints/main.js"), imported: "ava" },
			{ file: "node_modules/ava/worker", from: join(project, AVA_WORKER), imported: `./${AVA_WORKER}` },
			...PACKAGES.map((name) => ({ file: `node_modules/${name}`, from: `whole:${name}`, imported: name })),
		],
		external: [],
		inputs: [],
	},
	{
		name: "protocol",
		modules: [{ file: PROTOCOL, from: "packages/protocol/src/index.ts", imported: "@rollcall/protocol" }],
		external: ["zod"],
		inputs: ["packages/protocol/src"],
	},
];

/** Builds what is not there, or of other sources. Several at once do not disturb each other. */
export async function bundleTestModules(): Promise<void> {
	for (const wish of BUNDLES) if (currentMain(folderOf(wish)) === undefined) await bundle(wish);
}

function folderOf({ name }: Wish): string {
	return join(".cache/test-modules", name);
}

async function bundle(wish: Wish): Promise<void> {
	const { modules, external, inputs } = wish;
	const output = join(project, folderOf(wish));
	const hash = await hashFiles([...inputs, ...BUNDLERS], [process.version]);
	const folder = join(output, hash);
	await mkdir(output, { recursive: true });
	const { build } = await import("esbuild");
	const work = await mkdtemp(join(output, ".build-"));
	try {
		const { metafile } = await build({
			...ES_MODULES,
			entryPoints: modules.map(({ file, from }) => ({ in: from, out: file })),
			outdir: work,
			target: "node24",
			chunkNames: "node_modules/[name]-[hash]",
			external,
			plugins: external.length === 0 ? [wholePackages] : [],
		});
		const table = modules.map(({ imported, file }) => [imported, `${file}.mjs`]);
		await writeFile(join(work, TABLE), JSON.stringify(Object.fromEntries(table)));
		await rename(work, folder).catch((error: unknown) => {
			if (!existsSync(folder)) throw error;
		});
		await recordBundle(output, join(hash, TABLE), metafile, BUNDLERS);
		for (const old of await readdir(output))
			if (old !== hash && !old.startsWith(".") && old !== "sources.json")
				await rm(join(output, old), { recursive: true, force: true });
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

/** A package with all its exports by name, as Node finds them, also those of CommonJS. */
const wholePackages: Plugin = {
	name: "whole-packages",
	async setup(bundler) {
		const wholes = new Map<string, string>();
		for (const name of PACKAGES) wholes.set(name, whole(name, Object.keys(await import(name))));
		bundler.onResolve({ filter: /^whole:/ }, ({ path }) => ({ path: path.slice("whole:".length), namespace: "whole" }));
		bundler.onLoad({ filter: /.*/, namespace: "whole" }, ({ path }) => ({
			contents: wholes.get(path) ?? "",
			resolveDir: join(project, "packages/coordinator"),
		}));
	},
};

function whole(name: string, exported: readonly string[]): string {
	const from = JSON.stringify(name);
	const named = exported.filter((one) => /^\w+$/.test(one) && one !== "default").join(", ");
	if (exported.includes("module.exports"))
		return `const all = require(${from}); export default all; export const { ${named} } = all;`;
	return `export * from ${from};${exported.includes("default") ? ` export { default } from ${from};` : ""}`;
}
