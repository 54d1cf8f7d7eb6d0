import { sha256Of } from "@rollcall/protocol";
import test from "ava";
import { NOW, TOKENS } from "./fixed-core.ts";
import { bearer, type TestApi, testApi } from "./setup.ts";

const create = ({ app }: TestApi, payload: object) =>
	app.inject({ method: "POST", url: "/v1/tokens", headers: bearer(TOKENS.admin), payload });

test("a token is shown once; the core gets its hash", async (t) => {
	const api = testApi(t);
	const { token, view } = (await create(api, { scope: "enroll", labels: { rack: "a" } })).json();
	t.regex(token, /^rct_[A-Za-z0-9_-]{43}$/);
	const [input] = api.core.inputs;
	t.like(input, { kind: "create-token", hash: sha256Of(token), scope: "enroll", labels: { rack: "a" }, by: "t-admin" });
	t.notRegex(JSON.stringify(api.core.inputs), new RegExp(token));
	t.is(view.expiresAt, new Date(NOW + 600_000).toISOString(), "ten minutes by default");
	t.notRegex(api.logged(), new RegExp(token));
});

test("no two tokens are equal", async (t) => {
	const api = testApi(t);
	const made = await Promise.all(Array.from({ length: 50 }, async () => (await create(api, { scope: "read" })).json()));
	t.is(new Set(made.map(({ token }) => token)).size, 50);
	t.is(new Set(made.map(({ view }) => view.tokenId)).size, 50);
});

test("an API token lives 90 days, as long as is asked for, or without end where that is said", async (t) => {
	const api = testApi(t);
	const usual = (await create(api, { scope: "read" })).json().view;
	t.like(usual, { scope: "viewer", expiresAt: new Date(NOW + 90 * 86_400_000).toISOString() });
	t.false("expiresAt" in (await create(api, { scope: "viewer", expiresInSeconds: null })).json().view);
	const { view } = (await create(api, { scope: "admin", expiresInSeconds: 60 })).json();
	t.is(view.expiresAt, new Date(NOW + 60_000).toISOString());
});

test("what a token cannot have is refused", async (t) => {
	const api = testApi(t);
	for (const [body, path] of [
		[{ scope: "enroll", expiresInSeconds: 86_401 }, "expiresInSeconds"],
		[{ scope: "read", mac: "52:54:00:00:00:07" }, "mac"],
		[{ scope: "admin", labels: { a: "b" } }, "labels"],
		[{ scope: "enroll", mac: "52-54" }, "mac"],
		[{ scope: "root" }, "scope"],
	] as const) {
		const response = await create(api, body);
		t.is(response.statusCode, 400);
		t.is(response.json().path, path);
	}
	t.deepEqual(api.core.inputs, []);
});

test("the list tells each token's state and nothing that it could be guessed from", async (t) => {
	const { app } = testApi(t);
	const response = await app.inject({ url: "/v1/tokens", headers: bearer(TOKENS.admin) });
	const states = Object.fromEntries(
		response.json().tokens.map((one: { tokenId: string; state: string }) => [one.tokenId, one.state]),
	);
	t.deepEqual(states, {
		"admin-token": "usable",
		"t-admin": "usable",
		"t-operator": "usable",
		"t-approver": "usable",
		"t-read": "usable",
		"t-rack-a": "usable",
		"t-revoked": "revoked",
		"t-expired": "expired",
		"t-enroll": "usable",
	});
	t.notRegex(response.body, /sha256:|hash|rct_/);
	const two = await app.inject({ url: "/v1/tokens?limit=2", headers: bearer(TOKENS.admin) });
	t.is(two.json().more, 6);
});

test("revoking asks the core; an unknown token is not found", async (t) => {
	const api = testApi(t);
	const revoke = (id: string) =>
		api.app.inject({ method: "DELETE", url: `/v1/tokens/${id}`, headers: bearer(TOKENS.admin) });
	t.is((await revoke("t-read")).statusCode, 200);
	const ownHash = sha256Of(TOKENS.root);
	t.deepEqual(api.core.inputs, [{ kind: "revoke-token", tokenId: "t-read", by: "t-admin", ownHash }]);
	t.is((await revoke("t-none")).statusCode, 404);
	t.is((await revoke("t-read?force=true")).statusCode, 200);
	t.like(api.core.inputs[1], { kind: "revoke-token", tokenId: "t-read", force: true });
	t.is((await revoke("t-read?force=no")).statusCode, 400);
	t.is(api.core.inputs.length, 2);
});

test("the token in the coordinator's data folder is listed, and its end is that of the file", async (t) => {
	const { app, core } = testApi(t);
	const list = async () => (await app.inject({ url: "/v1/tokens", headers: bearer(TOKENS.admin) })).json().tokens;
	t.like((await list())[0], { tokenId: "admin-token", scope: "admin", state: "usable" });
	const asked = { method: "DELETE", url: "/v1/tokens/admin-token", headers: bearer(TOKENS.admin) } as const;
	const refused = await app.inject(asked);
	t.is(refused.statusCode, 409);
	t.regex(refused.json().next, /remove the file admin-token there and start the coordinator again/);
	// As at a first start: the log has it too.
	core.state = { ...core.state, tokenByHash: core.state.tokenByHash.set(sha256Of(TOKENS.root), "t-admin") };
	t.false((await list()).some((one: { tokenId: string }) => one.tokenId === "admin-token"));
});
