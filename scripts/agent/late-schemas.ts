import type { Plugin } from "esbuild";
import { leanZodAnd, MADE } from "../lean-zod.ts";

/** What makes a schema: a call of zod, or of a method of another schema. */
const SCHEMA = /^(?:z\s*\.|[A-Z]\w*\.(?:optional|nullable|extend|omit)\()/;
const MODULE = "late-schema";

/**
 * zod without what nobody uses, and with schemas that are made when they are first used: a program that starts reads with few of those that it has,
 * and to make one takes longer than to read with it.
 */
export const lateZod: Plugin[] = [
	leanZodAnd((source) => {
		let late = false;
		const changed = source.replace(MADE, (whole, constant: string, made: string) => {
			if (!SCHEMA.test(made)) return whole;
			late = true;
			return `${constant}/* @__PURE__ */ lateSchema(() => (${made}));`;
		});
		return late ? `import { lateSchema } from "${MODULE}";\n${changed}` : source;
	}),
	{
		name: "late-schemas",
		setup(bundler) {
			bundler.onResolve({ filter: new RegExp(`^${MODULE}$`) }, () => ({ path: MODULE, namespace: MODULE }));
			bundler.onLoad({ filter: /.*/, namespace: MODULE }, () => ({ contents: STAND_IN, loader: "js" }));
		},
	},
];

/** An object without anything of its own becomes the schema that it stands for when somebody asks it for something. */
const STAND_IN = `
	const makers = new WeakMap();
	const unmade = new Proxy({}, { get: (_, name, schema) => become(schema)[name] });
	function become(schema) {
		const made = makers.get(schema)();
		Object.setPrototypeOf(schema, Object.getPrototypeOf(made));
		return Object.defineProperties(schema, Object.getOwnPropertyDescriptors(made));
	}
	export function lateSchema(make) {
		const schema = Object.create(unmade);
		makers.set(schema, make);
		return schema;
	}
`;
