import { registerHooks, stripTypeScriptTypes } from "node:module";
import { PLANTS } from "./plants.ts";

/** Names the fault in the address of each module that it reaches, so that every fault has modules of its own. */
const MARK = "?plant=";
/** Judges by the true code. */
const TRUTH = /\/test\/simulator\/truth\.ts$/;
/** The package of a module. */
const PACKAGE = /\/packages\/([^/]+)\//;

/** Whether the fault reaches a module: not one of another package, since packages import nothing but the protocol (`test/layers/rooms.ts`). */
function isReached(url: string, mark: string): boolean {
	const planted = PLANTS[decodeURIComponent(mark)]?.file.split("/")[0];
	const own = PACKAGE.exec(url)?.[1];
	return own === undefined || planted === undefined || planted === "protocol" || own === planted;
}

/** What is the same with every fault is read and stripped of its types once. */
const STRIPPED = new Map<string, string>();

registerHooks({
	resolve(specifier, context, next) {
		const found = next(specifier, context);
		const mark = context.parentURL?.split(MARK)[1];
		const own = found.url.startsWith("file:") && !found.url.includes("/node_modules/") && !found.url.includes(MARK);
		return mark !== undefined && own && !TRUTH.test(found.url) && isReached(found.url, mark)
			? { ...found, url: `${found.url}${MARK}${mark}` }
			: found;
	},
	load(url, context, next) {
		const [path = "", mark] = url.split(MARK);
		if (mark === undefined) return next(url, context);
		const plant = PLANTS[decodeURIComponent(mark)];
		const isPlanted = plant !== undefined && path.endsWith(`/packages/${plant.file}`);
		const known = isPlanted ? undefined : STRIPPED.get(path);
		if (known !== undefined) return { format: "module", source: known, shortCircuit: true };
		const loaded = next(url, context);
		if (loaded.format !== "module-typescript") return loaded;
		const text = String(loaded.source);
		const source = stripTypeScriptTypes(isPlanted ? plant.change(text) : text);
		if (!isPlanted) STRIPPED.set(path, source);
		return { format: "module", source };
	},
});

/** The simulator with a fault in the code that it drives. */
export async function withPlant(name: string): Promise<typeof import("../run.ts")> {
	return import(new URL(`../run.ts${MARK}${encodeURIComponent(name)}`, import.meta.url).href);
}
