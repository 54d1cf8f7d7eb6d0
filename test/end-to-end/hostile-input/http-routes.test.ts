import { PROBLEM_STATUS, Problem } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test, { type ExecutionContext } from "ava";
import { askFrom, type WireAnswer, type WireRequest } from "../../support/ask-from.ts";
import { type Bystander, startBystander } from "../../support/calm.ts";
import { startCoordinator, type TestCoordinator } from "../../support/coordinator.ts";
import { documentText, smallRole } from "../../support/documents.ts";
import { createGate } from "../../support/gate.ts";
import { metric } from "../../support/metrics.ts";

const enter = createGate(1);
const WORKERS = { slots: [{ name: "w", role: "small", count: "rest" }], roles: { small: smallRole("one") } };

/** One operation of the OpenAPI document that the coordinator serves; a route that is added there is tested here. */
interface Operation {
	readonly method: string;
	readonly path: string;
	readonly guarded: boolean;
	readonly takesBody: boolean;
	/** Statuses that it says it may answer with. */
	readonly statuses: readonly number[];
}

interface Scene {
	readonly coordinator: TestCoordinator;
	readonly bystander: Bystander;
	readonly operations: readonly Operation[];
	/** Asks from an address that was not used before. */
	ask(request: WireRequest): Promise<WireAnswer>;
	readonly admin: { authorization: string; "content-type": string };
}

async function startScene(t: ExecutionContext): Promise<Scene> {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t, { document: documentText(WORKERS) });
	const bystander = await startBystander(t, coordinator);
	const { paths } = await coordinator.call<{ paths: Record<string, Record<string, OpenApiOperation>> }>(
		"GET",
		"/v1/openapi.json",
	);
	const operations = Object.entries(paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, { security, requestBody, responses }]) => ({
			method: method.toUpperCase(),
			path,
			guarded: security.length > 0,
			takesBody: requestBody !== undefined,
			statuses: Object.keys(responses).map(Number),
		})),
	);
	t.true(operations.length > 15);
	let address = 0;
	const ask = (request: WireRequest) => {
		address += 1;
		return askFrom(coordinator.url, { ...request, from: `127.9.${address >> 8}.${address & 255 || 1}` });
	};
	const admin = { authorization: `Bearer ${coordinator.token}`, "content-type": "application/json" };
	return { coordinator, bystander, operations, ask, admin };
}

interface OpenApiOperation {
	readonly security: readonly unknown[];
	readonly requestBody?: unknown;
	readonly responses: Readonly<Record<string, unknown>>;
}

/** The refusal in an answer; fails for anything else, above all for a fault of the coordinator. */
function refusal(t: ExecutionContext, { status, headers, text }: WireAnswer, what: string): Problem {
	t.true(status >= 400 && status < 500, `${what}: ${status} ${text}`);
	t.regex(String(headers["content-type"]), /^application\/problem\+json/, what);
	const problem = Problem.parse(JSON.parse(text));
	t.is<number, number>(PROBLEM_STATUS[problem.code], status, what);
	return problem;
}

/** An id that is nobody's, in whatever bytes a path can be sent with. */
const strangeId = fc.oneof(
	fc
		.string({ minLength: 1, maxLength: 40 })
		// The beginning of a machine's name, id, address or MAC would be that machine.
		.filter((text) => !/^[a-z0-9.:-]+$/i.test(text))
		.map((text) => encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, "x"))),
	fc.constantFrom("%00", "%2e%2e%2fetc%2fpasswd", "%zz", "%", "..%2f..", "*", "a".repeat(200), "$JS.API", "__proto__"),
);
/** A body that no route takes: no JSON, no object, or a field too many. */
const strangeBody = fc.oneof(
	fc.string({ minLength: 1 }).filter((text) => !isObjectOrNull(text)),
	fc
		.jsonValue()
		.map((value) => JSON.stringify(value))
		.filter((text) => !isObjectOrNull(text)),
	fc
		.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 })
		.map((value) => JSON.stringify({ ...value, "no field": 1 })),
	fc.constantFrom("[".repeat(30_000), '{"__proto__":{"a":1},"x":1}', '{"kind":"reboot"', '{"a":1}{"a":2}', "\u0000"),
);

function isObjectOrNull(text: string): boolean {
	try {
		const value: unknown = JSON.parse(text);
		return value === null || (typeof value === "object" && !Array.isArray(value));
	} catch {
		return text.trim() === "";
	}
}

test("every route of the OpenAPI document refuses strangers, strange bodies and strange ids with a problem that it documents, and nothing happens", async (t) => {
	const { coordinator, bystander, operations, ask, admin } = await startScene(t);
	const enrollToken = await coordinator.enrollToken();
	const before = await metric(coordinator, "rollcall_http_request_seconds_count");
	let asked = 0;
	const refused = async (operation: Operation, request: Omit<WireRequest, "method">) => {
		asked += 1;
		const what = `${operation.method} ${request.path}`;
		const answer = await ask({ ...request, method: operation.method });
		const problem = refusal(t, answer, what);
		t.true(operation.statuses.includes(answer.status), `${what} does not document ${answer.status} ${problem.code}`);
		return problem.code;
	};
	const known = (path: string) => path.replace("{id}", bystander.machineId);

	for (const operation of operations) {
		const path = known(operation.path);
		if (operation.guarded && operation.path !== "/metrics") {
			t.is(await refused(operation, { path }), "unauthorized");
			for (const token of ["x", "rct_unknown", `${coordinator.token}x`, "x".repeat(4_000)])
				t.is(await refused(operation, { path, headers: { authorization: `Bearer ${token}` } }), "unauthorized");
			t.is(await refused(operation, { path, headers: { authorization: `Bearer ${enrollToken}` } }), "forbidden");
		}
		if (operation.takesBody) {
			const large = { ...admin, "content-length": 50_000_000 };
			t.is(await refused(operation, { path, headers: large, body: "{" }), "too-large");
			const xml = { ...admin, "content-type": "text/xml" };
			t.is(await refused(operation, { path, headers: xml, body: "<a/>" }), "bad-request");
		}
		// Whatever a person may do, with an id, a body or a query that makes no sense.
		const strange = fc.record({ id: strangeId, body: strangeBody, query: fc.webQueryParameters() });
		await fc.assert(
			fc.asyncProperty(strange, async ({ id, body, query }) => {
				if (operation.takesBody) await refused(operation, { path, headers: admin, body });
				if (operation.path.includes("{id}"))
					await refused(operation, {
						path: operation.path.replace("{id}", id),
						headers: admin,
						...(operation.takesBody ? { body: "{}" } : {}),
					});
				if (operation.method !== "GET") return;
				const answer = await ask({ path: `${path}?${query}`, headers: admin });
				asked += 1;
				t.true(answer.status < 500, answer.text);
			}),
			{ numRuns: 25 },
		);
	}
	const after = await metric(coordinator, "rollcall_http_request_seconds_count");
	t.true(after - before >= asked * 0.9, `${asked} requests, ${after - before} counted`);
	await bystander.assertCalm(["token-created", "change-made"]);
});
