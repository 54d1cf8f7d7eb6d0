import { Status } from "@rollcall/protocol";
import test from "ava";
import { TOKENS } from "./fixed-core.ts";
import { bearer, testApi } from "./setup.ts";

test("the status counts the machines in every phase", async (t) => {
	const { app } = testApi(t);
	const response = await app.inject({ url: "/v1/status", headers: bearer(TOKENS.read) });
	const status = Status.parse(response.json());
	t.like(status, { coordinatorId: "c-1", leader: true, seq: 0, recovering: false, version: "0.1.0" });
	t.like(status.machines, { ready: 2, idle: 1, lost: 0 });
});

test("claims that wait for a volume that nobody makes are named with the next step, not all of many", async (t) => {
	const api = testApi(t);
	const claims = Array.from({ length: 16 }, (_, index) => ({ namespace: "class", name: `data-${index}` }));
	const claim = { namespace: "class", name: "db", storageClass: "gp3" };
	const told = async (first: readonly object[], total: number) => {
		api.core.state = {
			...api.core.state,
			kubernetes: { ready: true, reason: "", claims: { claims: first as never, total } },
		};
		const response = await api.app.inject({ url: "/v1/status", headers: bearer(TOKENS.read) });
		return Status.parse(response.json()).kubernetes?.claims ?? "";
	};
	t.regex(
		await told([claim], 1),
		/^1 claim waits .*: class\/db \(its StorageClass gp3 is not there\); declare volumes\.nfs/,
	);
	t.regex(await told(claims, 700), /^700 claims wait .*: class\/data-0, .*, class\/data-3 and 696 more; /);
});

test("the digest of the state follows the state", async (t) => {
	const { app, core } = testApi(t);
	const get = async () => (await app.inject({ url: "/v1/status", headers: bearer(TOKENS.read) })).json();
	const before = await get();
	t.is((await get()).stateDigest, before.stateDigest);
	core.recordMany(1);
	t.not((await get()).stateDigest, before.stateDigest);
});

test("a fleet that waits for proofs is recovering", async (t) => {
	const api = testApi(t);
	api.core.state = { ...api.core.state, recoverUntil: api.clock.ms + 1 };
	const get = async () => (await api.app.inject({ url: "/v1/status", headers: bearer(TOKENS.read) })).json();
	t.true((await get()).recovering);
	api.clock.ms += 2;
	t.false((await get()).recovering);
});

test("the probes tell nothing but yes or no", async (t) => {
	const api = testApi(t);
	t.is((await api.app.inject({ url: "/healthz" })).body, '{"ok":true}');
	t.is((await api.app.inject({ url: "/readyz" })).body, '{"ok":true}');
	api.core.isReady = false;
	t.is((await api.app.inject({ url: "/healthz" })).statusCode, 200);
	const response = await api.app.inject({ url: "/readyz" });
	t.is(response.statusCode, 503);
	t.deepEqual(response.json(), {
		type: "urn:rollcall:problem:not-ready",
		title: "not ready",
		status: 503,
		detail: "not ready",
		code: "not-ready",
		message: "not ready",
	});
});

test("the metrics name routes by the table, never by what was asked for", async (t) => {
	const api = testApi(t);
	await api.app.inject({ url: "/v1/machines/m-alpha", headers: bearer(TOKENS.read) });
	await api.app.inject({ url: "/v1/secret-canary" });
	const response = await api.app.inject({ url: "/metrics", headers: bearer(TOKENS.read) });
	t.true(response.headers["content-type"]?.startsWith("text/plain"));
	t.regex(response.body, /route="\/v1\/machines\/\{id\}",?.*status="200"/);
	t.regex(response.body, /route="none"/);
	t.notRegex(response.body, /m-alpha|secret-canary/);
});

test("files for machines are not ready while the boot listener is started, and are not there without one", async (t) => {
	for (const [store, status, next] of [
		["starting", 503, /try again/],
		[undefined, 409, /set `boot`/],
	] as const) {
		const { app } = testApi(t, { deps: { assets: () => store } });
		const answer = await app.inject({ url: "/v1/assets", headers: bearer(TOKENS.root) });
		t.is(answer.statusCode, status);
		t.regex(answer.json<{ next: string }>().next, next);
	}
});
