import { readFileSync, writeFileSync } from "node:fs";
import test from "ava";
import { parse } from "yaml";
import { FIELD_DESCRIPTIONS } from "../../src/document/field-descriptions.ts";
import { clusterJsonSchema, knownKeys } from "../../src/document/json-schema.ts";

const FILE = new URL("../../../../deploy/schema/cluster.schema.json", import.meta.url);

test("deploy/schema/cluster.schema.json is the schema that the coordinator checks with", (t) => {
	const text = `${JSON.stringify(clusterJsonSchema(), null, "\t")}\n`;
	if (process.env.ROLLCALL_RECORD_GOLDEN === "1") {
		writeFileSync(FILE, text);
		return t.fail("recorded; look at the difference, then run without ROLLCALL_RECORD_GOLDEN");
	}
	t.deepEqual(JSON.parse(readFileSync(FILE, "utf8")), JSON.parse(text));
});

test("the schema knows the keys of every part of the examples", (t) => {
	const schema = clusterJsonSchema();
	const check = (value: unknown, path: readonly (string | number)[]): void => {
		if (Array.isArray(value)) for (const [index, item] of value.entries()) check(item, [...path, index]);
		else if (typeof value === "object" && value !== null) {
			const keys = knownKeys(schema, path);
			for (const [key, item] of Object.entries(value)) {
				// Of labels any key may be one.
				t.true(keys.length === 0 || keys.includes(key), `${path.join(".")} has no ${key}`);
				check(item, [...path, key]);
			}
		}
	};
	for (const name of ["three-nodes", "ha", "file-server"]) {
		check(parse(readFileSync(new URL(`../../../../deploy/examples/${name}.yaml`, import.meta.url), "utf8")), []);
	}
});

test("what has a default may be left out", (t) => {
	const { required } = clusterJsonSchema() as { required: string[] };
	t.deepEqual(required.sort(), ["apiVersion", "kind", "kubernetes", "name", "slots"]);
});

test("every field that an operator meets first has a description, and none is of a field that is not there", (t) => {
	const schema = clusterJsonSchema();
	const under = (prefix: string, path: readonly (string | number)[]) =>
		knownKeys(schema, path).map((key) => (prefix === "" ? key : `${prefix}.${key}`));
	const fields = [
		...under("", []).filter((key) => key !== "apiVersion" && key !== "kind"),
		...["kubernetes", "networks", "controlPlane", "etcd", "images", "volumes", "time"].flatMap((key) =>
			under(key, [key]),
		),
		...under("volumes.nfs", ["volumes", "nfs"]),
		...under("slots[]", ["slots", 0]),
	];
	t.deepEqual(Object.keys(FIELD_DESCRIPTIONS).sort(), fields.sort());
	t.is(schema.properties?.networks?.properties?.pods?.description, FIELD_DESCRIPTIONS["networks.pods"]);
});
