import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { oidcPeople } from "../../../src/adapters/oidc/provider.ts";
import { SignInRefused } from "../../../src/errors.ts";

const NOW = 1_793_606_400;
const RIGHTS = [
	{ claim: "groups", value: "staff", scope: "viewer" as const, reach: { labels: { rack: "a" } } },
	{ claim: "email", value: "alice@example.org", scope: "admin" as const },
];

interface Scene {
	readonly issuer: string;
	readonly key: CryptoKey;
	/** How often description and keys were fetched. */
	readonly fetched: Record<string, number>;
	/** What the provider says instead. */
	says: { description?: unknown; keys?: string };
	readonly clock: { ms: number; wall(): number; monotonic(): number };
	verify(claims: JWTPayload, more?: { key?: CryptoKey; alg?: string }): Promise<unknown>;
	raw(token: string): Promise<unknown>;
}

/** A provider's description and keys, and a key to sign tokens with. */
async function scene(t: ExecutionContext): Promise<Scene> {
	const { publicKey, privateKey } = await generateKeyPair("ES256");
	const jwk = { ...(await exportJWK(publicKey)), kid: "k-1", alg: "ES256" };
	const fetched: Record<string, number> = {};
	const says: Scene["says"] = {};
	const server: Server = createServer((request, response) => {
		const path = request.url ?? "";
		fetched[path] = (fetched[path] ?? 0) + 1;
		const description = says.description ?? { issuer, jwks_uri: `${issuer}/keys` };
		response.end(path === "/keys" ? (says.keys ?? JSON.stringify({ keys: [jwk] })) : JSON.stringify(description));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const clock = { ms: NOW * 1000, wall: () => clock.ms, monotonic: () => clock.ms };
	const config = { issuer, clientId: "rollcall", scopes: ["openid"], nameClaim: "email", rights: RIGHTS };
	const people = oidcPeople(config, { clock });
	return {
		issuer,
		key: privateKey,
		fetched,
		says,
		clock,
		raw: (token) => people.verify(token),
		async verify(claims, { key = privateKey, alg = "ES256" } = {}) {
			const good = { iss: issuer, aud: "rollcall", sub: "1", iat: NOW, exp: NOW + 600, email: "bob@example.org" };
			const token = await new SignJWT({ ...good, groups: ["staff"], ...claims })
				.setProtectedHeader({ alg, kid: "k-1" })
				.sign(key);
			return people.verify(token);
		},
	};
}

async function refusal(t: ExecutionContext, asked: Promise<unknown>): Promise<SignInRefused> {
	const error = await t.throwsAsync(asked, { instanceOf: SignInRefused });
	if (!error) throw new Error("it was taken");
	return error;
}

test("a person has the largest right that his claims give, with its reach, until his token ends", async (t) => {
	const { verify } = await scene(t);
	const until = (NOW + 600) * 1000;
	t.deepEqual(await verify({}), {
		name: "oidc:bob@example.org",
		until,
		scope: "viewer",
		reach: { labels: { rack: "a" } },
	});
	const email = "alice@example.org";
	t.deepEqual(await verify({ email }), { name: "oidc:alice@example.org", until, scope: "admin" });
	t.is((await refusal(t, verify({ groups: ["others"] }))).code, "forbidden");
	t.is((await refusal(t, verify({ groups: "staffing" }))).code, "forbidden");
	t.regex((await refusal(t, verify({ email, email_verified: false }))).message, /no usable claim email/);
	t.regex((await refusal(t, verify({ email: "a b\nc" }))).message, /no usable claim email/);
});

test("a token that is over, for others, by others or from the future is refused by its own word", async (t) => {
	const { verify, raw } = await scene(t);
	const stranger = (await generateKeyPair("ES256")).privateKey;
	for (const [asked, code, text] of [
		[verify({ exp: NOW - 31 }), "token-expired", /good until 2026-11-02T/],
		[verify({ aud: "another" }), "unauthorized", /for another audience than rollcall/],
		[verify({ aud: ["rollcall", "another"] }), "unauthorized", /made for another client/],
		[verify({ azp: "another" }), "unauthorized", /made for another client/],
		[verify({ iss: "https://evil.example" }), "unauthorized", /by another issuer/],
		[verify({ nbf: NOW + 100 }), "unauthorized", /clocks .* differ/],
		[verify({ iat: NOW + 100 }), "unauthorized", /100 s in the future: the clocks/],
		[verify({ sub: undefined as never }), "unauthorized", /sub/],
		[verify({}, { key: stranger }), "unauthorized", /not signed by/],
		[verify({}, { key: new TextEncoder().encode("x".repeat(32)) as never, alg: "HS256" }), "unauthorized", /./],
		[raw("a.b.c"), "unauthorized", /cannot be read/],
		[raw(`${btoa('{"alg":"none"}').replaceAll("=", "")}.e30.x`), "unauthorized", /./],
	] as const) {
		const found = await refusal(t, asked);
		t.is(found.code, code, found.message);
		t.regex(found.message, text);
		t.true(found.next.length > 0);
	}
	t.is(((await verify({ exp: NOW - 29 })) as { scope: string }).scope, "viewer", "clocks may be half a minute apart");
});

test("description and keys are fetched once for many tokens, and a flood of unknown keys asks for them no more often", async (t) => {
	const { verify, fetched } = await scene(t);
	await Promise.all(Array.from({ length: 50 }, (_, index) => verify({ jti: String(index) })));
	const stranger = (await generateKeyPair("ES256")).privateKey;
	for (let index = 0; index < 50; index += 1) await refusal(t, verify({ jti: String(index) }, { key: stranger }));
	t.deepEqual(fetched, { "/.well-known/openid-configuration": 1, "/keys": 1 });
});

test("a provider that is another one, or sends more than keys are, is not believed and not asked again at once", async (t) => {
	const { verify, says, fetched, clock, issuer } = await scene(t);
	says.description = { issuer: "https://evil.example", jwks_uri: `${issuer}/keys` };
	t.like(await refusal(t, verify({})), { code: "not-ready" });
	t.regex((await refusal(t, verify({ jti: "2" }))).message, /could not be reached just now/);
	t.is(fetched["/.well-known/openid-configuration"], 1);
	clock.ms += 6_000;
	delete says.description;
	says.keys = `{"keys": [], "x": "${"x".repeat(300_000)}"}`;
	const large = await refusal(t, verify({ jti: "3" }));
	t.is(large.code, "not-ready");
	t.regex(large.message, /larger than 262144 bytes/);
});
