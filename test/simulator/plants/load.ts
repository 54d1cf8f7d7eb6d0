import { registerHooks, stripTypeScriptTypes } from "node:module";
import { partsOf } from "./plant.ts";
import { PLANTS } from "./plants.ts";

/** Names the fault in the address of each module that it reaches, so that every fault has modules of its own. */
const MARK = "?plant=";
/** Judges by the true code. */
const TRUTH = /\/test\/simulator\/truth\.ts$/;

/** What is the same with every fault is read and stripped of its types once. */
const STRIPPED = new Map<string, string>();
/** Who imports a module, by addresses without a mark: learned when all are loaded once without a fault. */
const IMPORTERS = new Map<string, Set<string>>();
/** The addresses that a fault reaches. */
const REACHED = new Map<string, ReadonlySet<string>>();

/**
 * A fault reaches its own file, and whatever imports what it reaches. All else runs as it does without it, and is compiled by V8 since it ran before: to run code
 * for the first time takes longer than a story.
 */
function reachedBy(mark: string): ReadonlySet<string> {
	const known = REACHED.get(mark);
	if (known) return known;
	const plant = PLANTS[decodeURIComponent(mark)];
	const files = plant ? partsOf(plant).map(({ file }) => file) : [undefined];
	const reached = new Set(files.map((file) => new URL(`../../../packages/${file}`, import.meta.url).href));
	for (const url of reached) for (const importer of IMPORTERS.get(url) ?? []) reached.add(importer);
	REACHED.set(mark, reached);
	return reached;
}

function isReached(url: string, importer: string, mark: string): boolean {
	if (mark !== "") return reachedBy(mark).has(url);
	IMPORTERS.set(url, (IMPORTERS.get(url) ?? new Set()).add(importer));
	return true;
}

registerHooks({
	resolve(specifier, context, next) {
		const found = next(specifier, context);
		const [importer = "", mark] = context.parentURL?.split(MARK) ?? [];
		const own = found.url.startsWith("file:") && !found.url.includes("/node_modules/") && !found.url.includes(MARK);
		return mark !== undefined && own && !TRUTH.test(found.url) && isReached(found.url, importer, mark)
			? { ...found, url: `${found.url}${MARK}${mark}` }
			: found;
	},
	load(url, context, next) {
		const [path = "", mark] = url.split(MARK);
		if (mark === undefined) return next(url, context);
		const plant = PLANTS[decodeURIComponent(mark)];
		const planted = plant && partsOf(plant).find(({ file }) => path.endsWith(`/packages/${file}`));
		const known = planted ? undefined : STRIPPED.get(path);
		if (known !== undefined) return { format: "module", source: known, shortCircuit: true };
		const loaded = next(url, context);
		if (loaded.format !== "module-typescript") return loaded;
		const text = String(loaded.source);
		const source = stripTypeScriptTypes(planted ? planted.change(text) : text);
		if (!planted) STRIPPED.set(path, source);
		return { format: "module", source };
	},
});

const marked = (mark: string): Promise<typeof import("../run.ts")> =>
	import(new URL(`../run.ts${MARK}${mark}`, import.meta.url).href);

/** The simulator with a fault in the code that it drives. */
export async function withPlant(name: string): Promise<typeof import("../run.ts")> {
	if (IMPORTERS.size === 0) await marked("");
	return marked(encodeURIComponent(name));
}
