import { registerHooks } from "node:module";

/**
 * Loaded before a coordinator (`node --import`), makes it a later version of itself: it says so, and its tokens have a field that events of this
 * version do not have. A place that is not there any more is an error.
 */
const CHANGES: Readonly<Record<string, readonly [string, string]>> = {
	"coordinator/src/version.ts": ['"0.1.0"', '"9.9.9"'],
	"protocol/src/access-events.ts": [
		'"token-created": z.strictObject({',
		'"token-created": z.strictObject({ note: z.string().optional(),',
	],
	"coordinator/src/domain/admit/tokens.ts": [
		'\t\t\ttype: "token-created",',
		'\t\t\ttype: "token-created", note: "new",',
	],
	"coordinator/src/loop/first-events.ts": ['type: "token-created",', 'type: "token-created", note: "new",'],
};

registerHooks({
	load(url, context, next) {
		const loaded = next(url, context);
		const found = Object.entries(CHANGES).find(([file]) => url.endsWith(`/packages/${file}`));
		if (!found) return loaded;
		const [file, [from, to]] = found;
		const parts = String(loaded.source).split(from);
		if (parts.length !== 2) throw new Error(`${file} has ${JSON.stringify(from)} ${parts.length - 1} times`);
		return { ...loaded, source: parts.join(to) };
	},
});
