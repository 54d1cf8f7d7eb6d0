import {
	AssetList,
	AssetRequest,
	AssetView,
	AssetWork,
	BootList,
	BootView,
	ClusterView,
	CommandAnswer,
	CommandReply,
	CommandRequest,
	DeclareReply,
	DocumentRequest,
	EnrollReply,
	EnrollRequest,
	EventPage,
	MachineDetail,
	MachineList,
	MachineView,
	Plan,
	PROBLEM_STATUS,
	Problem,
	type ProblemCode,
	Status,
	StreamFrame,
	TargetView,
	TokenCreated,
	TokenList,
	TokenRequest,
	TokenView,
	Why,
} from "@rollcall/protocol";
import { z } from "zod";
import type { Route, RouteScope } from "./route.ts";

/** Schemas that get a name of their own in the document; all others are written out where they are used. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
	AssetList,
	AssetRequest,
	AssetView,
	AssetWork,
	BootList,
	BootView,
	ClusterView,
	CommandAnswer,
	CommandReply,
	CommandRequest,
	DeclareReply,
	DocumentRequest,
	EnrollReply,
	EnrollRequest,
	EventPage,
	MachineDetail,
	MachineList,
	MachineView,
	Plan,
	Problem,
	Status,
	StreamFrame,
	TargetView,
	TokenCreated,
	TokenList,
	TokenRequest,
	TokenView,
	Why,
};

type Json = Record<string, unknown>;
interface Components {
	readonly schemas: Json;
	readonly names: z.core.$ZodRegistry<{ id: string }>;
}

/** Refusals that a scope brings with it, whatever the route does. */
const BY_SCOPE: Readonly<Record<RouteScope, readonly ProblemCode[]>> = {
	public: [],
	enroll: [],
	read: ["unauthorized", "forbidden", "token-revoked", "token-expired"],
	admin: ["unauthorized", "forbidden", "token-revoked", "token-expired"],
};
/** The refusal that a body brings with it. */
const BY_BODY: readonly ProblemCode[] = ["too-large"];
const ALWAYS: readonly ProblemCode[] = ["bad-request", "too-many-requests", "internal"];

/** One schema as JSON Schema 2020-12 (the dialect of OpenAPI 3.1); named parts go into the components. */
function toJson(schema: z.ZodType, io: "input" | "output", components: Components): Json {
	const made = z.toJSONSchema(schema, {
		io,
		metadata: components.names,
		unrepresentable: "any",
		reused: "inline",
		// What schemas say about themselves (`.meta`), besides the names.
		override: ({ zodSchema, jsonSchema }) => Object.assign(jsonSchema, z.globalRegistry.get(zodSchema)),
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

function parameters(route: Route, components: Components): Json[] {
	return (["path", "query"] as const).flatMap((where) => {
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
				example: route.example,
			},
		},
	};
	return {
		operationId: id,
		summary: route.summary,
		"x-rollcall-scope": route.scope,
		"x-rollcall-leader-only": route.leads,
		security: route.scope === "read" || route.scope === "admin" ? [{ bearer: [] }] : [],
		parameters: parameters(route, components),
		...(route.body === null ? {} : { requestBody: { content: bodyContent(route, route.body, components) } }),
		responses: { [route.status]: good, ...refusals },
	};
}

/** The OpenAPI 3.1 document of the route table. Pure: equal tables give equal documents. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
	const components: Components = { schemas: {}, names: z.registry<{ id: string }>() };
	for (const [id, schema] of Object.entries(NAMED)) components.names.add(schema, { id });
	const paths: Record<string, Json> = {};
	for (const route of routes) {
		paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, components) };
	}
	return {
		openapi: "3.1.1",
		info: { title: "rollcall", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
		paths,
		components: {
			schemas: components.schemas,
			securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
		},
	};
}
