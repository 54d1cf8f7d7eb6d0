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

test("an API token has no end unless one is asked for", async (t) => {
	const api = testApi(t);
	t.false("expiresAt" in (await create(api, { scope: "read" })).json().view);
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
		"t-admin": "usable",
		"t-read": "usable",
		"t-revoked": "revoked",
		"t-expired": "expired",
		"t-enroll": "usable",
	});
	t.notRegex(response.body, /sha256:|hash|rct_/);
	const two = await app.inject({ url: "/v1/tokens?limit=2", headers: bearer(TOKENS.admin) });
	t.is(two.json().more, 3);
});

test("revoking asks the core; an unknown token is not found", async (t) => {
	const api = testApi(t);
	const revoke = (id: string) =>
		api.app.inject({ method: "DELETE", url: `/v1/tokens/${id}`, headers: bearer(TOKENS.admin) });
	t.is((await revoke("t-read")).statusCode, 200);
	t.deepEqual(api.core.inputs, [{ kind: "revoke-token", tokenId: "t-read", by: "t-admin" }]);
	t.is((await revoke("t-none")).statusCode, 404);
	t.is(api.core.inputs.length, 1);
});
