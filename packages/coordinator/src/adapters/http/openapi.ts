import * as protocol from "@rollcall/protocol";
import { PROBLEM_STATUS, Problem, type ProblemCode } from "@rollcall/protocol";
import { z } from "zod";
import { apiScopeOf, isKeyed, type Route, type RouteScope } from "./route.ts";

type Json = Record<string, unknown>;
type Names = z.core.$ZodRegistry<{ id: string }>;
interface Components {
	readonly schemas: Json;
	readonly names: { readonly input: Names; readonly output: Names };
}

/**
 * Schemas go by the names under which the protocol exports them: answers with all objects in them, and bodies as a whole. What
 * a body is made of is written out in it, since a field with a default may be left out there and never in an answer.
 */
function namesOf(routes: readonly Route[]): Components["names"] {
	const names = { input: z.registry<{ id: string }>(), output: z.registry<{ id: string }>() };
	const bodies = new Set<unknown>(routes.map(({ body }) => body));
	const answers = new Set<unknown>([Problem, ...routes.map(({ response }) => response)]);
	for (const [id, schema] of Object.entries(protocol)) {
		if (!(schema instanceof z.ZodType)) continue;
		if (bodies.has(schema)) names.input.add(schema, { id });
		else if (answers.has(schema) || schema instanceof z.ZodObject) names.output.add(schema, { id });
	}
	return names;
}

const OF_TOKENS: readonly ProblemCode[] = ["unauthorized", "forbidden", "token-revoked", "token-expired"];
/** Refusals that a scope brings with it, whatever the route does. */
const BY_SCOPE: Readonly<Record<RouteScope, readonly ProblemCode[]>> = {
	public: [],
	enroll: [],
	viewer: OF_TOKENS,
	approver: OF_TOKENS,
	operator: OF_TOKENS,
	admin: OF_TOKENS,
};
/** The refusal that a body brings with it. */
const BY_BODY: readonly ProblemCode[] = ["too-large"];
const ALWAYS: readonly ProblemCode[] = ["bad-request", "wrong-host", "too-many-requests", "internal"];

/** A map whose keys are a closed list is an object with those properties, which more tools understand. */
function nameKeys(schema: z.core.JSONSchema.BaseSchema): void {
	const { propertyNames, additionalProperties, required } = schema;
	const keys = typeof propertyNames === "object" ? propertyNames.enum : undefined;
	if (!keys || !required || schema.properties || typeof additionalProperties !== "object") return;
	schema.properties = Object.fromEntries(keys.map((key) => [String(key), additionalProperties]));
	schema.additionalProperties = false;
	delete schema.propertyNames;
}

/** One schema as JSON Schema 2020-12 (the dialect of OpenAPI 3.1); named parts go into the components. */
function toJson(schema: z.ZodType, io: "input" | "output", components: Components): Json {
	const made = z.toJSONSchema(schema, {
		io,
		metadata: components.names[io],
		unrepresentable: "any",
		reused: "inline",
		override: ({ zodSchema, jsonSchema }) => {
			nameKeys(jsonSchema);
			// What schemas say about themselves (`.meta`), besides the names.
			Object.assign(jsonSchema, z.globalRegistry.get(zodSchema));
		},
	}) as Json;
	const { $defs, $schema: _dialect, ...own } = made;
	const moved = (value: unknown): unknown =>
		JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
	for (const [name, part] of Object.entries(($defs ?? {}) as Json)) components.schemas[name] = moved(part);
	const { id, ...rest } = moved(own) as Json;
	if (typeof id !== "string") return rest;
	components.schemas[id] = rest;
	return { $ref: `#/components/schemas/${id}` };
}

/** A name for a request that changes something, for who may have to send it again. */
const KEY: Json = {
	name: "Idempotency-Key",
	in: "header",
	required: false,
	description: "A request that comes again with the same key is answered as before and not done twice.",
	schema: { type: "string", pattern: "^[A-Za-z0-9_-]{16,64}$" },
};

function parameters(route: Route, components: Components): Json[] {
	const keyed = isKeyed(route);
	const named = (["path", "query"] as const).flatMap((where) => {
		const schema = toJson(where === "path" ? route.params : route.query, "input", components);
		const required = (schema.required ?? []) as string[];
		return Object.entries((schema.properties ?? {}) as Record<string, Json>).map(([name, part]) => ({
			name,
			in: where,
			required: required.includes(name),
			...(part.description === undefined ? {} : { description: part.description }),
			schema: part,
		}));
	});
	return keyed ? [...named, KEY] : named;
}

function bodyContent(route: Route, body: z.ZodType, components: Components): Json {
	if (route.bodyLimit === "chunk")
		return { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
	return { "application/json": { schema: toJson(body, "input", components) } };
}

function operation(route: Route, components: Components): Json {
	const problem = { "application/problem+json": { schema: toJson(Problem, "output", components) } };
	const refusals: Record<string, Json> = {};
	const byBody = route.body === null ? [] : BY_BODY;
	for (const code of new Set([...ALWAYS, ...byBody, ...BY_SCOPE[route.scope], ...route.refusals])) {
		const status = String(PROBLEM_STATUS[code]);
		const before = refusals[status]?.description;
		refusals[status] = { description: before ? `${before}, ${code}` : code, content: problem };
	}
	const id = `${route.method.toLowerCase()}${route.path.replace("/v1", "").replaceAll(/[^A-Za-z]+(\w?)/g, (_, next: string) => next.toUpperCase())}`;
	const good = {
		description: route.summary,
		content: {
			[route.contentType ?? "application/json"]: {
				schema: toJson(route.response, "output", components),
				// As it is sent: with all defaults filled in.
				example: route.response.parse(route.example),
			},
		},
	};
	return {
		operationId: id,
		summary: route.summary,
		"x-rollcall-scope": route.scope,
		...(route.partial ? { "x-rollcall-partial": route.partial } : {}),
		"x-rollcall-leader-only": route.leads,
		security: apiScopeOf(route) === undefined ? [] : [{ bearer: [] }],
		parameters: parameters(route, components),
		...(route.body === null ? {} : { requestBody: { content: bodyContent(route, route.body, components) } }),
		responses: { [route.status]: good, ...refusals },
	};
}

/** The OpenAPI 3.1 document of the route table. Pure: equal tables give equal documents. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
	const components: Components = { schemas: {}, names: namesOf(routes) };
	const paths: Record<string, Json> = {};
	for (const route of routes) {
		paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, components) };
	}
	return {
		openapi: "3.1.1",
		info: { title: "rollcall", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
		servers: [{ url: "/", description: "the coordinator that serves this document" }],
		paths,
		components: {
			schemas: components.schemas,
			securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
		},
	};
}
