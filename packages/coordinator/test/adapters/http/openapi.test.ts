import { createConfig, lintFromString } from "@redocly/openapi-core";
import test from "ava";
import { z } from "zod";
import { openApiDocument } from "../../../src/adapters/http/openapi.ts";
import { ROUTES } from "../../../src/adapters/http/routes/table.ts";
import { testApi } from "./setup.ts";

type Json = Record<string, unknown>;
const document = openApiDocument(ROUTES, "0.1.0") as {
	openapi: string;
	paths: Record<string, Record<string, Json & { parameters: Json[]; responses: Record<string, Json> }>>;
	components: { schemas: Record<string, Json> };
};

/** Every object inside a value. */
function* objects(value: unknown): Generator<Json> {
	if (Array.isArray(value)) for (const item of value) yield* objects(item);
	else if (typeof value === "object" && value !== null) {
		yield value as Json;
		for (const item of Object.values(value)) yield* objects(item);
	}
}

test("the coordinator serves the document to anybody", async (t) => {
	const { app } = testApi(t);
	const response = await app.inject({ url: "/v1/openapi.json" });
	t.is(response.statusCode, 200);
	t.deepEqual(response.json(), JSON.parse(JSON.stringify(document)));
});

test("the document lists every route, with its scope, and no other", (t) => {
	t.regex(document.openapi, /^3\.1\./);
	const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, one]) => `${method.toUpperCase()} ${path} ${one["x-rollcall-scope"]}`),
	);
	t.deepEqual(listed.sort(), ROUTES.map(({ method, path, scope }) => `${method} ${path} ${scope}`).sort());
});

test("every operation has its own id, its parameters, and a problem for each refusal", (t) => {
	const ids = new Set<unknown>();
	for (const [path, methods] of Object.entries(document.paths)) {
		for (const one of Object.values(methods)) {
			ids.add(one.operationId);
			const named = path.match(/\{(\w+)\}/g)?.map((name) => name.slice(1, -1)) ?? [];
			const declared = one.parameters.filter((parameter) => parameter.in === "path" && parameter.required);
			t.deepEqual(
				declared.map(({ name }) => name),
				named,
			);
			const refusals = Object.entries(one.responses).filter(([status]) => Number(status) >= 400);
			t.true(refusals.length > 0);
			for (const [, refusal] of refusals) t.regex(JSON.stringify(refusal), /schemas\/Problem"/);
		}
	}
	t.is(ids.size, ROUTES.length);
});

test("every reference leads to a component, and nothing refers to a place outside", (t) => {
	for (const { $ref } of objects(document)) {
		if ($ref === undefined) continue;
		t.regex(String($ref), /^#\/components\/schemas\/\w+$/);
		t.true(String($ref).slice("#/components/schemas/".length) in document.components.schemas, String($ref));
	}
	t.false(JSON.stringify(document).includes("$defs"));
});

test("every answer and every body goes by a name, and no name is of two shapes", (t) => {
	const shapes = new Map<string, string>();
	for (const [path, methods] of Object.entries(document.paths)) {
		for (const [method, one] of Object.entries(methods)) {
			const { content: body = {} } = (one.requestBody ?? {}) as { content?: Record<string, { schema: Json }> };
			const good = Object.entries(one.responses).filter(([status]) => Number(status) < 400);
			const answers = good.flatMap(([, answer]) => Object.entries(answer.content as Record<string, { schema: Json }>));
			for (const [type, { schema }] of [...answers, ...Object.entries(body)]) {
				const bare = schema.format === "binary" || (schema.properties && Object.keys(schema.properties).length === 0);
				if (!bare) t.regex(String(schema.$ref), /^#.components/, `${method} ${path}: ${type}`);
			}
		}
	}
	for (const [name, schema] of Object.entries(document.components.schemas)) shapes.set(name, JSON.stringify(schema));
	for (const route of ROUTES) {
		const alone = openApiDocument([route], "0.1.0") as typeof document;
		for (const [name, schema] of Object.entries(alone.components.schemas))
			t.is(JSON.stringify(schema), shapes.get(name) ?? "", `${name} in ${route.method} ${route.path}`);
	}
});

test("every schema of the document can be read back as a schema", (t) => {
	for (const [name, schema] of Object.entries(document.components.schemas)) {
		const $defs = document.components.schemas;
		const local = JSON.parse(JSON.stringify({ ...schema, $defs }).replaceAll("#/components/schemas/", "#/$defs/"));
		t.notThrows(() => z.fromJSONSchema(local), name);
	}
});

test("every example fits the schema of its answer", (t) => {
	for (const { method, path, response, example } of ROUTES) {
		const result = response.safeParse(example);
		t.true(result.success, `${method} ${path}: ${result.error?.message}`);
	}
});

test("redocly's recommended rules find nothing in the document", async (t) => {
	// As text: to compare an object with redocly's type of all configurations is an eighth of the work of checking the types of everything.
	const config = await createConfig("extends: [recommended]");
	const source = JSON.stringify(openApiDocument(ROUTES, "0.1.0"));
	const found = await lintFromString({ source, config });
	t.deepEqual(
		found.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer ?? "?"})`),
		[],
	);
});
