import { API_SCOPES, includesScope, Problem, sha256Of } from "@rollcall/protocol";
import test from "ava";
import type { Route } from "../../../src/adapters/http/route.ts";
import { ROUTES } from "../../../src/adapters/http/routes/table.ts";
import { EVERY_ROUTE, type OneRoute } from "./every-route.ts";
import { BOOT, KEY, TOKENS } from "./fixed-core.ts";
import { bearer, testApi } from "./setup.ts";

/** What the answer to a caller without the right is. */
function refusalFor(
	{ scope, partial }: Route,
	caller: keyof typeof TOKENS | "nobody" | "stranger",
): string | undefined {
	if (scope === "public" || scope === "enroll") return undefined;
	if (caller === "nobody" || caller === "stranger") return "unauthorized";
	if (caller === "revoked") return "token-revoked";
	if (caller === "expired") return "token-expired";
	if (caller === "enroll") return "forbidden";
	if (caller === "rackA" && partial === undefined) return "forbidden";
	return includesScope(SCOPES[caller], scope) ? undefined : "forbidden";
}

const SCOPES = {
	admin: "admin",
	root: "admin",
	operator: "operator",
	rackA: "operator",
	approver: "approver",
	read: "viewer",
} as const;

const CALLERS = [...(Object.keys(TOKENS) as (keyof typeof TOKENS)[]), "nobody", "stranger"] as const;

for (const one of EVERY_ROUTE) {
	for (const caller of CALLERS) {
		const code = refusalFor(one.route, caller);
		test(`${one.name} asked by ${caller}: ${code ?? "let in"}`, async (t) => {
			const { app, core } = testApi(t);
			core.answer = (input) =>
				input.kind === "enroll"
					? { kind: "enrolled", machineId: "m-alpha" as never, bootId: BOOT, publicKey: KEY }
					: { kind: "ok" };
			const headers = caller === "nobody" ? {} : bearer(caller === "stranger" ? "rct_stranger" : TOKENS[caller]);
			const response = await app.inject({ ...one.request, headers: { ...one.request.headers, ...headers } });
			if (code === undefined) {
				t.is(response.statusCode, expectedStatus(one), response.body);
				return;
			}
			t.is(Problem.parse(response.json()).code as string, code);
			t.true(response.headers["content-type"]?.startsWith("application/problem+json"));
			t.deepEqual(core.inputs, [], "a refused caller reached the core");
			t.is(core.reads, 0);
		});
	}
}

/** What the test fleet does not have: a cluster to show or to certify for, snapshots of etcd. */
const ABSENT = [
	"GET /v1/login",
	"GET /v1/cluster",
	"POST /v1/certificates",
	"DELETE /v1/etcd/snapshots/{sha256}",
	"GET /v1/etcd/snapshots/{sha256}/content",
];

/** The stream without an upgrade refuses everybody. */
function expectedStatus({ name, route }: OneRoute): number {
	if (name === "GET /v1/events/stream") return 400;
	return ABSENT.includes(name) ? 404 : route.status;
}

test("the server has the routes of the table and no others", async (t) => {
	const { app } = testApi(t);
	await app.ready();
	for (const { path, method } of ROUTES) {
		t.true(app.hasRoute({ method, url: path.replaceAll(/\{(\w+)\}/g, ":$1") }), `${method} ${path}`);
	}
	const lines = app.printRoutes({ commonPrefix: false, includeMeta: false }).match(/\((?:[A-Z, ]+)\)/g) ?? [];
	const served = lines.flatMap((line) => line.slice(1, -1).split(", "));
	t.is(served.length, ROUTES.length, served.join(" "));
});

test("every route of the table has a scope, a summary and schemas", (t) => {
	for (const route of ROUTES) {
		t.true(["public", "enroll", ...API_SCOPES].includes(route.scope), route.path);
		t.true(route.summary.length > 5);
		for (const schema of [route.params, route.query, route.response]) t.is(typeof schema.safeParse, "function");
	}
	const open = ROUTES.filter(({ scope }) => scope === "public").map(({ path }) => path);
	// A relay signs what it says. The content is encrypted, and sent only while machines are to begin with it.
	t.deepEqual(open, [
		"/v1/relay",
		"/v1/login",
		"/v1/etcd/snapshots/{sha256}/content",
		"/v1/openapi.json",
		"/healthz",
		"/readyz",
	]);
});

test("a viewer changes nothing, an approver decides who comes in and nothing else, and keys and tokens are an administrator's", (t) => {
	const changing = ROUTES.filter(
		({ method, path, scope }) => method !== "GET" && !["/v1/plan", "/v1/relay"].includes(path) && scope !== "enroll",
	);
	t.deepEqual(
		changing.filter(({ scope }) => !["operator", "admin"].includes(scope)).map(({ scope, path }) => `${scope} ${path}`),
		["approver /v1/machines/{id}/approve", "approver /v1/machines/{id}/reject"],
	);
	t.deepEqual(
		ROUTES.filter(({ scope }) => scope === "admin").map(({ method, path }) => `${method} ${path}`),
		[
			"GET /v1/tokens",
			"DELETE /v1/tokens/{id}",
			"POST /v1/certificates",
			"POST /v1/certificates/rotate",
			"DELETE /v1/etcd/snapshots/{sha256}",
			"POST /v1/etcd/restore",
			"POST /v1/log/accept",
			"POST /v1/manifests/accept",
		],
	);
	// The files for machines are not in the log: each coordinator has its own.
	t.true(changing.every(({ leads, path }) => leads !== path.startsWith("/v1/assets")));
});

test("the admin token of the configuration has the scope admin", async (t) => {
	const { app } = testApi(t);
	const response = await app.inject({ url: "/v1/tokens", headers: bearer(TOKENS.root) });
	t.is(response.statusCode, 200);
});

test("the admin token of the configuration can be revoked like any other", async (t) => {
	const { app, core } = testApi(t);
	const hash = sha256Of(TOKENS.root);
	const token = { tokenId: "admin", hash, scope: "admin", createdAt: 0, labels: {}, revoked: true } as const;
	core.state = {
		...core.state,
		tokens: core.state.tokens.set("admin", token),
		tokenByHash: core.state.tokenByHash.set(hash, "admin"),
	};
	const response = await app.inject({ url: "/v1/tokens", headers: bearer(TOKENS.root) });
	t.is(response.json().code, "token-revoked");
});

test("an Authorization header that is not a bearer token is refused", async (t) => {
	const { app } = testApi(t);
	for (const authorization of ["", "Basic YTpi", "Bearer", "Bearer a b", `Bearer ${"x".repeat(300)}`]) {
		const response = await app.inject({ url: "/v1/status", headers: { authorization } });
		t.is(response.statusCode, 401, authorization);
		t.is(response.headers["www-authenticate"], 'Bearer realm="rollcall"');
	}
});

test("an address that tries many tokens has to wait, and a good token goes on working", async (t) => {
	const { app, clock } = testApi(t, { limits: { refusals: { burst: 3, perSecond: 1 } } });
	const guess = () => app.inject({ url: "/v1/status", headers: bearer("rct_guess") });
	for (let tries = 0; tries < 3; tries += 1) t.is((await guess()).statusCode, 401);
	const refused = await guess();
	t.is(refused.statusCode, 429);
	t.is(refused.headers["retry-after"], "1");
	t.is((await app.inject({ url: "/v1/status", headers: bearer(TOKENS.read) })).statusCode, 200);
	clock.ms += 1000;
	t.is((await guess()).statusCode, 401);
});

test("a follower answers reads itself and names the leader for everything else", async (t) => {
	const { app, core } = testApi(t);
	core.leads = false;
	core.url = "http://192.0.2.9:7420";
	for (const { name, route, request } of EVERY_ROUTE) {
		const response = await app.inject({ ...request, headers: bearer(TOKENS.admin) });
		if (!route.leads) {
			t.not(response.statusCode, 503, name);
			continue;
		}
		t.is(response.statusCode, 503, name);
		t.is(response.json().code, "not-leader");
		t.regex(response.json().next, /http:\/\/192\.0\.2\.9:7420/);
		t.is(response.headers["x-rollcall-leader"], "http://192.0.2.9:7420");
		t.is(response.headers.location, undefined);
	}
	t.deepEqual(core.inputs, []);
});

test("metrics are open on loopback only when the configuration says so", async (t) => {
	const open = testApi(t, { config: { metricsOnLoopback: true } }).app;
	t.is((await open.inject({ url: "/metrics" })).statusCode, 200);
	t.is((await open.inject({ url: "/metrics", remoteAddress: "192.0.2.7" })).statusCode, 401);
	t.is((await open.inject({ url: "/v1/status" })).statusCode, 401);
});
