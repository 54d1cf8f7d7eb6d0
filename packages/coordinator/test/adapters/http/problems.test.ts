import { Problem } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { EVERY_ROUTE } from "./every-route.ts";
import { TOKENS } from "./fixed-core.ts";
import { bearer, testApi } from "./setup.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** Bodies that are no request of ours: any JSON, any text, and JSON with a field too many. */
const anyBody = fc.oneof(
	fc.jsonValue().map((value) => JSON.stringify(value)),
	fc.string(),
	fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify({ ...value, "not a field": 1 })),
	fc.constantFrom('{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}', "[".repeat(5000), "null", "\u0000"),
);
const WITH_BODY = EVERY_ROUTE.filter(({ route }) => route.body !== null);

for (const { name, route, request } of WITH_BODY) {
	test(`${name} takes no nonsense: no 5xx, nothing changes, every refusal is a problem`, async (t) => {
		const { app, core } = testApi(t, {
			limits: { refusals: { burst: 1e6, perSecond: 1 }, costly: { burst: 1e6, perSecond: 1 } },
		});
		await fc.assert(
			fc.asyncProperty(anyBody, async (payload) => {
				const headers = { ...JSON_TYPE, ...bearer(TOKENS.admin) };
				const before = core.inputs.length;
				const response = await app.inject({ ...request, payload, headers });
				// An empty object is a whole request for some routes, and "null" and nothing count as one.
				if (response.statusCode < 400)
					return route.body?.safeParse(payload.trim() === "" ? {} : (JSON.parse(payload) ?? {})).success;
				return (
					response.statusCode < 500 &&
					core.inputs.length === before &&
					Problem.safeParse(response.json()).success &&
					response.headers["content-type"]?.startsWith("application/problem+json")
				);
			}),
			{ numRuns: 60 },
		);
		t.pass();
	});
}

test("arbitrary paths and queries never give 5xx, and every refusal is a problem", async (t) => {
	const { app, core } = testApi(t);
	const part = fc.oneof(
		fc.string(),
		fc.constantFrom("%", "%zz", "..", "m-alpha", "%00", "%2e%2e", "a".repeat(300), "worker"),
	);
	const paths = fc.constantFrom(
		"/",
		...EVERY_ROUTE.filter(({ route }) => route.method === "GET").map(({ route }) => route.path),
	);
	await fc.assert(
		fc.asyncProperty(paths, part, fc.webQueryParameters(), async (path, id, query) => {
			const url = `${path.replace("{id}", id.replaceAll(/[?#\s\\]/g, "-"))}?${query}`;
			const response = await app.inject({ url, headers: bearer(TOKENS.read) });
			if (response.statusCode < 400) return true;
			return response.statusCode < 500 && Problem.safeParse(response.json()).success;
		}),
		{ numRuns: 500 },
	);
	t.deepEqual(core.inputs, []);
});

test("the findings of a bad body name its fields", async (t) => {
	const { app } = testApi(t);
	const response = await app.inject({
		method: "POST",
		url: "/v1/enroll",
		payload: { token: "x", publicKey: "nonsense", facts: { cpu: { count: 0 } } },
	});
	t.is(response.statusCode, 400);
	const { details } = Problem.parse(response.json());
	const paths = details?.map(({ path }) => path) ?? [];
	t.true(paths.includes("publicKey"));
	t.true(paths.includes("facts.cpu.count"));
});

test("JSON that breaks off is refused without repeating what was sent", async (t) => {
	const { app } = testApi(t);
	const response = await app.inject({
		method: "POST",
		url: "/v1/enroll",
		payload: '{"token":"CANARY-TOKEN", oops',
		headers: JSON_TYPE,
	});
	t.is(response.statusCode, 400);
	t.regex(response.json().message, /^body: not JSON/);
	t.notRegex(response.body, /CANARY/);
});

test("another type of body is refused", async (t) => {
	const { app } = testApi(t);
	const response = await app.inject({
		method: "POST",
		url: "/v1/enroll",
		payload: "a=b",
		headers: { "content-type": "application/x-www-form-urlencoded" },
	});
	t.is(response.statusCode, 400);
	t.regex(response.json().next, /application\/json/);
});

test("an unknown route and a method that a route does not have are not found", async (t) => {
	const { app } = testApi(t);
	for (const request of [
		{ url: "/v2/machines" },
		{ url: "/v1/status", method: "POST" },
		{ url: "/v1/status", method: "HEAD" },
	] as const) {
		const response = await app.inject(request);
		t.is(response.statusCode, 404);
		t.true(response.headers["content-type"]?.startsWith("application/problem+json"));
	}
});

test("a fault inside is logged, and the answer tells nothing of it", async (t) => {
	const api = testApi(t);
	api.core.fleet = () => {
		throw new Error("CANARY-INSIDE");
	};
	const response = await api.app.inject({ url: "/v1/status", headers: bearer(TOKENS.root) });
	t.is(response.statusCode, 500);
	t.is(response.json().code, "internal");
	t.notRegex(response.body, /CANARY/);
	t.regex(api.logged(), /CANARY-INSIDE/);
});

test("no token comes into the log, whatever is done with it", async (t) => {
	const api = testApi(t);
	const canary = "rct_CANARY-OF-A-TOKEN";
	api.core.answer = () => {
		throw new Error("a fault");
	};
	for (const { request } of EVERY_ROUTE) {
		await api.app.inject({ ...request, headers: bearer(canary) });
		await api.app.inject({ ...request, url: `${request.url}?token=${canary}`, headers: bearer(TOKENS.admin) });
		await api.app.inject({ ...request, url: `/${canary}` });
	}
	await api.app.inject({ method: "POST", url: "/v1/enroll", payload: { token: canary } });
	t.true(api.logged().length > 1000);
	t.notRegex(api.logged(), /CANARY/);
	t.false(api.logged().includes(TOKENS.admin));
});
