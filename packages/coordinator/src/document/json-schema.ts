import { ClusterDocument, ownValue } from "@rollcall/protocol";
import { z } from "zod";
import { FIELD_DESCRIPTIONS } from "./field-descriptions.ts";

/** A JSON Schema, as far as it is looked into here. */
export interface JsonSchema {
	readonly properties?: Readonly<Record<string, JsonSchema>>;
	readonly additionalProperties?: JsonSchema | boolean;
	readonly items?: JsonSchema;
	readonly anyOf?: readonly JsonSchema[];
	readonly oneOf?: readonly JsonSchema[];
	readonly allOf?: readonly JsonSchema[];
	readonly enum?: readonly unknown[];
	readonly [keyword: string]: unknown;
}

/** The JSON Schema (draft 2020-12) of the cluster document as an operator writes it, for editors. */
export function clusterJsonSchema(): JsonSchema {
	const { $schema, ...rest } = inputSchema(ClusterDocument);
	return {
		$schema,
		title: "rollcall cluster",
		description: "What the operator declares: Kubernetes, networks, slots, machines and roles.",
		...described(rest, ""),
	};
}

const made = new WeakMap<z.ZodType, JsonSchema>();

/** The JSON Schema of what may be written for any schema, to look up keys in. Made once: it takes milliseconds, and who sends faults sends many. */
export function inputSchema(schema: z.ZodType): JsonSchema {
	const known = made.get(schema);
	if (known) return known;
	const fresh = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as JsonSchema;
	made.set(schema, fresh);
	return fresh;
}

const ASSET_OR_FILE = [["asset"], ["sha256", "sizeBytes", "urls"]];
/** Fields of which one set is enough: the rest is filled in before the schema is looked at (`named-assets.ts`). `{}`: any key. */
const ENOUGH: Readonly<Record<string, readonly (readonly string[])[]>> = {
	"kubernetes.artifacts[]": ASSET_OR_FILE,
	"roles{}.artifacts[]": ASSET_OR_FILE,
};

function enough(schema: JsonSchema, path: string): Partial<JsonSchema> {
	const sets = ENOUGH[path];
	if (!sets || !Array.isArray(schema.required)) return {};
	const always = (schema.required as string[]).filter((name) => !sets.flat().includes(name));
	return { required: always, anyOf: sets.map((required) => ({ required })) };
}

/** The schema with the descriptions of its fields. */
function described(schema: JsonSchema, path: string): JsonSchema {
	const text = FIELD_DESCRIPTIONS[path];
	const properties = Object.entries(schema.properties ?? {}).map(([key, field]) => [
		key,
		described(field, path === "" ? key : `${path}.${key}`),
	]);
	return {
		...(text === undefined ? {} : { description: text }),
		...schema,
		...enough(schema, path),
		...(schema.properties ? { properties: Object.fromEntries(properties) } : {}),
		...(typeof schema.additionalProperties === "object"
			? { additionalProperties: described(schema.additionalProperties, `${path}{}`) }
			: {}),
		...(schema.items ? { items: described(schema.items, `${path}[]`) } : {}),
	};
}

/** The keys that may stand at a path of the document; none where any key may. */
export function knownKeys(schema: JsonSchema, path: readonly (string | number)[]): readonly string[] {
	const at = path.reduce<readonly JsonSchema[]>((schemas, part) => schemas.flatMap((one) => step(one, part)), [schema]);
	return [...new Set(at.flatMap(variants).flatMap(({ properties }) => Object.keys(properties ?? {})))].sort();
}

function step(schema: JsonSchema, part: string | number): readonly JsonSchema[] {
	return variants(schema).flatMap((one) => {
		if (typeof part === "number") return one.items ? [one.items] : [];
		const property = ownValue(one.properties, part);
		if (property) return [property];
		return typeof one.additionalProperties === "object" ? [one.additionalProperties] : [];
	});
}

function variants(schema: JsonSchema): readonly JsonSchema[] {
	return [schema, ...[schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (list ?? []).flatMap(variants))];
}
