import { join } from "node:path";
import type { Plugin } from "esbuild";
import { leanZodAnd, MADE } from "../lean-zod.ts";
import { isReadAtStart, startReaders } from "./start-readers.ts";

const project = join(import.meta.dirname, "../..");
/** What makes a schema: a call of zod, or of a method of another schema. */
const SCHEMA = /^(?:z\s*\.|[A-Z]\w*\.(?:optional|nullable|extend|omit)\()/;
const [LATE, READERS] = ["late-schema", "start-readers"];

/**
 * zod without what nobody uses, and with schemas that are made when they are first used: a program that starts reads with few of those that it has,
 * and to make one takes longer than to read with it. What every start reads is read without a schema, unless it is refused.
 */
export const lateZod: Plugin[] = [
	leanZodAnd((source, path) => {
		let late = false;
		const changed = source.replace(MADE, (whole, constant: string, made: string) => {
			if (!SCHEMA.test(made)) return whole;
			late = true;
			const [, name = ""] = /const (\w+)/.exec(constant) ?? [];
			const reader = isReadAtStart(path, name) ? `, readers.read${name}` : "";
			return `${constant}/* @__PURE__ */ lateSchema(() => (${made})${reader});`;
		});
		return late ? `import { lateSchema } from "${LATE}";\nimport * as readers from "${READERS}";\n${changed}` : source;
	}),
	{
		name: "late-schemas",
		setup(bundler) {
			bundler.onResolve({ filter: new RegExp(`^(?:${LATE}|${READERS})$`) }, ({ path }) => ({
				path,
				namespace: "late",
			}));
			bundler.onLoad({ filter: /.*/, namespace: "late" }, async ({ path }) => ({
				contents: path === LATE ? STAND_IN : await startReaders(),
				loader: "js",
				resolveDir: project,
			}));
		},
	},
];

/** An object without anything of its own becomes the schema that it stands for when somebody asks it for something that its reader does not do. */
const STAND_IN = `
	const INVALID = Symbol.for("zod.compile.invalid");
	const makers = new WeakMap();
	const readers = new WeakMap();
	const unmade = new Proxy({}, {
		get(_, name, schema) {
			const reader = readers.get(schema);
			if (!reader || (name !== "parse" && name !== "safeParse")) return become(schema)[name];
			return (value) => {
				const data = reader(value);
				if (data === INVALID) return become(schema)[name](value);
				return name === "parse" ? data : { success: true, data };
			};
		},
	});
	function become(schema) {
		const made = makers.get(schema)();
		Object.setPrototypeOf(schema, Object.getPrototypeOf(made));
		return Object.defineProperties(schema, Object.getOwnPropertyDescriptors(made));
	}
	export function lateSchema(make, reader) {
		const schema = Object.create(unmade);
		makers.set(schema, make);
		if (reader) readers.set(schema, reader);
		return schema;
	}
`;
