import { DOCUMENT_LIMITS } from "@rollcall/protocol";
import test from "ava";
import type { InjectOptions } from "fastify";
import { TOKENS } from "./fixed-core.ts";
import { bearer, type TestApi, testApi } from "./setup.ts";

const ask = ({ app }: TestApi, method: "POST" | "PUT" | "DELETE", url: string, payload?: InjectOptions["payload"]) =>
	app.inject({ method, url, headers: bearer(TOKENS.admin), ...(payload === undefined ? {} : { payload }) });

test("decisions reach the core with the full id and the token that made them", async (t) => {
	const api = testApi(t);
	await ask(api, "POST", "/v1/machines/worker-0/approve");
	await ask(api, "POST", "/v1/machines/m-bet/reject", { reason: "not ours" });
	await ask(api, "POST", "/v1/machines/m-beta/reject");
	await ask(api, "POST", "/v1/machines/m-beta/role", { role: null });
	await ask(api, "POST", "/v1/machines/m-beta/labels", { labels: { rack: "z" } });
	await ask(api, "DELETE", "/v1/machines/m-alpine");
	t.deepEqual(api.core.inputs, [
		{ kind: "approve", machineId: "m-alpha", by: "t-admin" },
		{ kind: "reject", machineId: "m-beta", reason: "not ours", by: "t-admin" },
		{ kind: "reject", machineId: "m-beta", reason: "rejected by an operator", by: "t-admin" },
		{ kind: "pin-role", machineId: "m-beta", role: null, by: "t-admin" },
		{ kind: "label", machineId: "m-beta", labels: { rack: "z" }, by: "t-admin" },
		{ kind: "remove", machineId: "m-alpine", by: "t-admin" },
	] as unknown as typeof api.core.inputs);
});

test("a problem of the domain is the answer, with its status", async (t) => {
	const api = testApi(t);
	api.core.answer = () => ({ kind: "problem", problem: { code: "conflict", message: "no", machineId: "m-beta" } });
	const response = await ask(api, "POST", "/v1/machines/m-beta/approve");
	t.is(response.statusCode, 409);
	t.like(response.json(), { code: "conflict", message: "no", machineId: "m-beta" });
});

test("a coordinator that loses the lead meanwhile names the new leader", async (t) => {
	const api = testApi(t);
	api.core.answer = () => {
		api.core.url = "http://192.0.2.9:7420";
		return { kind: "problem", problem: { code: "not-leader", message: "no" } };
	};
	const response = await ask(api, "POST", "/v1/machines/m-beta/approve");
	t.is(response.statusCode, 503);
	t.is(response.headers["x-rollcall-leader"], "http://192.0.2.9:7420");
});

test("a document is parsed, declared and answered with its warnings", async (t) => {
	const api = testApi(t);
	api.core.answer = (input) => {
		if (input.kind === "declare") {
			const { document, digest } = input;
			api.core.state = { ...api.core.state, seq: 7, cluster: { document, digest, seq: 7, at: 0 } };
		}
		return { kind: "ok" };
	};
	const first = await ask(api, "PUT", "/v1/cluster", { text: "apiVersion: x" });
	t.like(first.json(), { changed: true, seq: 7, warnings: ["a warning"] });
	const again = await ask(api, "PUT", "/v1/cluster", { text: "apiVersion: x" });
	t.is(again.json().changed, false);

	const shown = (token: string) => api.app.inject({ url: "/v1/cluster", headers: bearer(token) });
	t.regex((await shown(TOKENS.admin)).body, /CANARY-FILE/);
	t.notRegex((await shown(TOKENS.read)).body, /CANARY-FILE/);
});

test("a document that is wrong is refused with all findings, and nothing is declared", async (t) => {
	const api = testApi(t);
	for (const [method, url] of [
		["PUT", "/v1/cluster"],
		["POST", "/v1/plan"],
	] as const) {
		const response = await ask(api, method, url, { text: "nonsense" });
		t.is(response.statusCode, 422);
		t.is(response.json().details[0].path, "apiVersion");
	}
	t.deepEqual(api.core.inputs, []);
});

test("a plan changes nothing, and one token cannot ask for too many", async (t) => {
	const api = testApi(t, { limits: { costly: { burst: 2, perSecond: 1 } } });
	const plan = () => ask(api, "POST", "/v1/plan", { text: "apiVersion: x" });
	t.like((await plan()).json(), { unchanged: 3, warnings: ["a warning"] });
	t.is((await plan()).statusCode, 200);
	t.is((await plan()).statusCode, 429);
	t.deepEqual(api.core.inputs, []);
});

test("without a cluster the answer tells how to declare one", async (t) => {
	const { app } = testApi(t);
	const response = await app.inject({ url: "/v1/cluster", headers: bearer(TOKENS.read) });
	t.is(response.statusCode, 404);
	t.regex(response.json().next, /rollcall apply/);
});

test("a body with a long document is taken, one that is longer than any document is too large", async (t) => {
	const api = testApi(t);
	const text = `apiVersion: x\n${"- line\n".repeat(74_000)}`;
	t.true(text.length > 500_000);
	t.is((await ask(api, "PUT", "/v1/cluster", { text })).statusCode, 200);
	t.is((await ask(api, "PUT", "/v1/cluster", { text: "a".repeat(DOCUMENT_LIMITS.characters + 1) })).statusCode, 400);
	t.is((await ask(api, "PUT", "/v1/cluster", { text: "a".repeat(9_000_000) })).statusCode, 413);
});

test("what follows from a role or from labels is told, and the core gets no input", async (t) => {
	const api = testApi(t);
	const plan = (payload: InjectOptions["payload"]) => ask(api, "POST", "/v1/machines/worker-0/plan", payload);
	const [role, none, labels] = [
		await plan({ role: "edge" }),
		await plan({ role: null }),
		await plan({ labels: { a: "b" } }),
	];
	t.regex(role.json().warnings[0], /"kind":"pin-role","role":"edge"/);
	t.regex(none.json().warnings[0], /"role":null/);
	t.regex(labels.json().warnings[0], /"labels":\{"a":"b"\}/);
	const refused = await plan({ role: "nothing" });
	t.is(refused.statusCode, 400);
	t.like(refused.json(), { code: "bad-request", machineId: "m-alpha" });
	for (const payload of [{}, { role: "edge", labels: {} }]) {
		const wrong = await plan(payload);
		t.is(wrong.statusCode, 400);
		t.regex(wrong.json().message, /for a role or for labels/);
	}
	t.deepEqual(api.core.inputs, []);
});
