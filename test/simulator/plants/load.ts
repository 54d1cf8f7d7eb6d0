import { registerHooks } from "node:module";
import { PLANTS } from "./plants.ts";

/** Names the fault in the address of each module, so that every fault has modules of its own. */
const MARK = "?plant=";
/** Judges by the true code. */
const TRUTH = /\/test\/simulator\/truth\.ts$/;

registerHooks({
	resolve(specifier, context, next) {
		const found = next(specifier, context);
		const mark = context.parentURL?.split(MARK)[1];
		const own = found.url.startsWith("file:") && !found.url.includes("/node_modules/") && !found.url.includes(MARK);
		return mark !== undefined && own && !TRUTH.test(found.url)
			? { ...found, url: `${found.url}${MARK}${mark}` }
			: found;
	},
	load(url, context, next) {
		const loaded = next(url, context);
		const [path, mark] = url.split(MARK);
		if (mark === undefined) return loaded;
		const plant = PLANTS[decodeURIComponent(mark)];
		if (!plant || !path?.endsWith(`/packages/${plant.file}`)) return loaded;
		return { ...loaded, source: plant.change(String(loaded.source)) };
	},
});

/** The simulator with a fault in the code that it drives. */
export async function withPlant(name: string): Promise<typeof import("../run.ts")> {
	return import(new URL(`../run.ts${MARK}${encodeURIComponent(name)}`, import.meta.url).href);
}
