import { execFile } from "node:child_process";
import { basename, join, relative } from "node:path";
import { execPath, stdout } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const project = join(import.meta.dirname, "../..");
/** What an agent reads until it has a role and its files: constants that are schemas, by file. */
const READ_AT_START: Readonly<Record<string, readonly string[]>> = {
	"packages/agent/src/adapters/facts/ip-links.ts": ["IpLinks"],
	"packages/agent/src/config.ts": ["AgentConfig"],
	"packages/agent/src/adapters/files/memory-schema.ts": ["AcceptedFile", "IdentityFile", "LedgerFile"],
	"packages/protocol/src/ids.ts": ["BootId", "Mac"],
	"packages/protocol/src/messages.ts": ["EnrollReply", "HelloReply", "ReportReply", "TargetNotice"],
};
/** Where the functions are that readers call: zod's own, and conditions of ours. */
const HELPERS = [
	"node_modules/zod/v4/core/schemas.js",
	"node_modules/zod/v4/core/util.js",
	"packages/protocol/src/ids.ts",
	"packages/protocol/src/paths.ts",
];

/** What a function was made of that zod made: the names of what its body uses, that, and the body. */
interface Source {
	readonly names: readonly string[];
	readonly values: readonly unknown[];
	readonly body: string;
}

/** What has a text already: functions that zod made, by what they were made of, and others, by their expressions. */
interface Known {
	readonly made: Map<unknown, Source>;
	readonly helpers: Map<unknown, string>;
}

/** Whether the constant of this name, in the file at this absolute path, has a reader. */
export function isReadAtStart(path: string, name: string): boolean {
	return READ_AT_START[relative(project, path)]?.includes(name) === true;
}

/** The source of a module with a function `readNAME` for each schema that a start reads with; made by a process of its own, where each file is loaded once. */
export async function startReaders(): Promise<string> {
	return (await promisify(execFile)(execPath, [fileURLToPath(import.meta.url)])).stdout;
}

/**
 * That source: a reader of each schema, which is the function into which zod compiles the schema,
 * written down. It gives a value as the schema does, or `INVALID`; why a value is refused only the schema tells. Throws where one cannot be written down.
 */
async function writeReaders(): Promise<string> {
	const compile = (await exportsOf("node_modules/zod/v4/core/compile.js")).compileFn as (schema: unknown) => unknown;
	const helpers = new Map<unknown, string>([
		[Object.prototype.propertyIsEnumerable, "Object.prototype.propertyIsEnumerable"],
	]);
	for (const file of HELPERS)
		for (const [name, value] of Object.entries(await exportsOf(file))) helpers.set(value, `${spaceOf(file)}.${name}`);
	const readers: string[] = [];
	for (const [file, names] of Object.entries(READ_AT_START))
		for (const name of names) {
			const schema = (await exportsOf(file))[name];
			if (schema === undefined) throw new Error(`${file} exports no schema ${name}`);
			const made = new Map<unknown, Source>();
			const text = written(
				keptIn(made, () => compile(schema)),
				{ made, helpers },
				name,
			);
			readers.push(`export function read${name}(value) { return (kept.${name} ??= ${text})(value); }`);
		}
	return [
		...HELPERS.map((file) => `import * as ${spaceOf(file)} from "./${file}";`),
		"const kept = {};",
		...readers,
	].join("\n");
}

function exportsOf(file: string): Promise<Record<string, unknown>> {
	return import(pathToFileURL(join(project, file)).href);
}

function spaceOf(file: string): string {
	return `of_${basename(file).replace(/\W/g, "_")}_${HELPERS.indexOf(file)}`;
}

/** Does something, and keeps of each function that is made of text meanwhile what it was made of. */
function keptIn<T>(made: Map<unknown, Source>, work: () => T): T {
	const whole = globalThis.Function;
	globalThis.Function = new Proxy(whole, {
		construct(_, words: string[]) {
			const names = words.slice(0, -1);
			const body = words.at(-1) ?? "";
			return (...values: unknown[]) => {
				const result = new whole(...words)(...values);
				made.set(result, { names, values, body });
				return result;
			};
		},
	});
	try {
		return work();
	} finally {
		globalThis.Function = whole;
	}
}

/** An expression that gives a value anew. */
function written(value: unknown, known: Known, name: string): string {
	const source = known.made.get(value);
	if (source) {
		const constants = source.names.map(
			(one, index) => `const ${one} = ${written(source.values[index], known, `${name}, ${one}`)};`,
		);
		return `(() => { ${constants.join("\n")}\n${source.body}\n})()`;
	}
	const helper = known.helpers.get(value);
	if (helper !== undefined) return helper;
	if (value instanceof RegExp) return String(value);
	if (value instanceof Set) return `new Set(${JSON.stringify([...value])})`;
	if (typeof value === "symbol") return `Symbol.for(${JSON.stringify(Symbol.keyFor(value))})`;
	if (typeof value === "function") return writtenFunction(value as () => unknown, name);
	if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
	// Of what a format is made of, such as a URL; its checks are in the body.
	const fields = Object.entries(value).filter(([field]) => field !== "checks");
	return `{ ${fields.map(([field, one]) => `${JSON.stringify(field)}: ${written(one, known, name)}`).join(", ")} }`;
}

/** Of functions without a name elsewhere only two are known: what gives a default, and what zod calls when a condition is asynchronous, as none of ours is. */
function writtenFunction(value: () => unknown, name: string): string {
	if (value.toString() === "() => schema._zod.def.defaultValue") return `() => (${JSON.stringify(value())})`;
	if (value.name === "throwAsync") return '() => { throw new Error("a condition of a schema is asynchronous"); }';
	throw new Error(
		`${name}: export the function ${value} from one of ${HELPERS.slice(2).join(", ")}, so that a reader can name it`,
	);
}

if (import.meta.main) stdout.write(await writeReaders());
