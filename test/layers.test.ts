import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const packages = join(root, "packages");

interface Import {
	readonly from: string;
	/** A file below `packages`, or a package's name. */
	readonly to: string;
	readonly typeOnly: boolean;
}

const sources = readdirSync(packages, { recursive: true, encoding: "utf8" })
	.filter((file) => /^[^/]+\/src\/.*\.ts$/.test(file))
	.sort();

const imports: Import[] = sources.flatMap((file) => {
	const text = readFileSync(join(packages, file), "utf8");
	const found = text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)";?$/gms);
	return [...found].map(([, type, specifier = ""]) => ({
		from: file,
		to: specifier.startsWith(".") ? relative(packages, resolve(packages, dirname(file), specifier)) : specifier,
		typeOnly: type !== undefined,
	}));
});

const pure = /^(?:coordinator|agent)\/src\/(?:domain|render|document|boot)\//;
const loop = /^(?:coordinator|agent)\/src\/loop\//;
const adapter = /^(?:coordinator|agent)\/src\/adapters\/([^/]+)\//;
/** Files that wire everything together and may see everything of their package. */
const wiring = /^(?:coordinator|agent)\/src\/(?:main|index|run|cli|wiring\/[^/]+|rehearse|config|[a-z-]+)\.ts$/;

const wrong = (allowed: (one: Import) => boolean, of: (file: string) => boolean): string[] =>
	imports.filter((one) => of(one.from) && !allowed(one)).map((one) => `${one.from} imports ${one.to}`);

test("the scan sees the packages' imports", (t) => {
	t.true(sources.length > 50);
	t.true(imports.some((one) => one.from === "coordinator/src/ports.ts" && one.to === "@rollcall/protocol"));
});

test("the protocol imports nothing but zod, hashes and itself", (t) => {
	const allowed = ({ to }: Import): boolean =>
		to === "zod" || to.startsWith("@noble/hashes/") || to.startsWith("protocol/src/");
	t.deepEqual(
		wrong(allowed, (file) => file.startsWith("protocol/")),
		[],
	);
});

test("pure folders import only pure folders, the protocol and pure libraries", (t) => {
	const libraries = ["@rollcall/protocol", "immutable", "yaml", "zod"];
	const allowed = ({ from, to }: Import): boolean =>
		libraries.includes(to) || (pure.test(to) && to.split("/")[0] === from.split("/")[0]);
	t.deepEqual(
		wrong(allowed, (file) => pure.test(file)),
		[],
	);
});

test("pure folders use no clock, no randomness and no process", (t) => {
	const impure =
		/\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bsetTimeout\(|\bsetInterval\(|\bcrypto\.|\bconsole\./;
	const found = sources.filter(
		(file) =>
			pure.test(file) &&
			impure.test(readFileSync(join(packages, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")),
	);
	t.deepEqual(found, []);
});

test("ports know the domain and nothing else of their package", (t) => {
	const allowed = ({ to }: Import): boolean => to === "@rollcall/protocol" || pure.test(to);
	t.deepEqual(
		wrong(allowed, (file) => /^(?:coordinator|agent)\/src\/(?:cluster-)?ports\.ts$/.test(file)),
		[],
	);
});

test("the loop knows ports and pure folders, and no adapter", (t) => {
	const allowed = ({ from, to }: Import): boolean =>
		!to.startsWith("node:") &&
		(to === "@rollcall/protocol" ||
			pure.test(to) ||
			/\/src\/(?:ports|cluster-ports|config)\.ts$/.test(to) ||
			(loop.test(to) && to.split("/")[0] === from.split("/")[0]));
	t.deepEqual(
		wrong(allowed, (file) => loop.test(file)),
		[],
	);
});

test("adapters know neither the loop nor adapters of another folder", (t) => {
	const allowed = ({ from, to }: Import): boolean => {
		if (
			loop.test(to) ||
			(wiring.test(to) && !/\/(?:config|ports|cluster-ports)\.ts$/.test(to) && !/\/src\/(?:version)\.ts$/.test(to))
		)
			return false;
		return !adapter.test(to) || adapter.exec(to)?.[1] === adapter.exec(from)?.[1];
	};
	t.deepEqual(
		wrong(allowed, (file) => adapter.test(file)),
		[],
	);
});

/** docs/decisions/0011-offline-entry.md */
const offline = { door: "cli/src/offline/core.ts", entry: "@rollcall/coordinator/offline" } as const;

test("packages see each other only through the protocol, but for one door to what is worked out offline", (t) => {
	const allowed = ({ from, to }: Import): boolean => {
		if (from === offline.door && to === offline.entry) return true;
		if (to.startsWith("@rollcall/")) return to === "@rollcall/protocol";
		return !/^[a-z]+\/src\//.test(to) || to.split("/")[0] === from.split("/")[0];
	};
	t.deepEqual(
		wrong(allowed, () => true),
		[],
	);
});

test("what is worked out offline is pure", (t) => {
	t.true(imports.some((one) => one.from === offline.door && one.to === offline.entry));
	t.deepEqual(
		wrong(
			({ to }) => pure.test(to),
			(file) => file === "coordinator/src/offline.ts",
		),
		[],
	);
});

test("no file imports itself through others", (t) => {
	const edges = new Map<string, string[]>();
	for (const one of imports)
		if (!one.typeOnly && sources.includes(one.to)) edges.set(one.from, [...(edges.get(one.from) ?? []), one.to]);
	const done = new Set<string>();
	const cycles: string[] = [];
	const visit = (file: string, path: readonly string[]): void => {
		if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
		if (done.has(file) || path.includes(file)) return;
		for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
		done.add(file);
	};
	for (const file of sources) visit(file, []);
	t.deepEqual(cycles, []);
});

test("no source file is longer than 300 lines or carries a name that says nothing", (t) => {
	const names = /(?:^|\/)(?:utils?|helpers?|common|manager|service|handler|data|info|misc)(?:\.ts|\/)/;
	t.deepEqual(
		sources.filter((file) => names.test(file)),
		[],
	);
	t.deepEqual(
		sources.filter((file) => readFileSync(join(packages, file), "utf8").split("\n").length > 301),
		[],
	);
});
