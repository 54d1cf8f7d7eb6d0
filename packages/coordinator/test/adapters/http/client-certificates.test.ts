import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { listen } from "../../../src/adapters/http/listen.ts";
import { openClientCertificates } from "../../../src/adapters/pki/client-certificates.ts";
import { openListenerAuthority } from "../../../src/adapters/pki/listener-authority.ts";
import { issuePair } from "../../../src/adapters/pki/listener-pair.ts";
import { clientAuthority } from "../pki/client-authority.ts";
import { TOKENS } from "./fixed-core.ts";
import { bearer, testApi } from "./setup.ts";
import { open } from "./stream-client.ts";

const HOUR_MS = 3_600_000;
const RIGHTS = [
	{ field: "O" as const, value: "staff", scope: "viewer" as const },
	{ field: "O" as const, value: "ops", scope: "admin" as const },
	{ field: "OU" as const, value: "rack-a", scope: "operator" as const, reach: { labels: { rack: "a" } } },
];

interface Asked {
	readonly cert?: string;
	readonly key?: string;
	readonly headers?: Record<string, string>;
	readonly method?: string;
}

/** An API over HTTPS that takes certificates by one authority, with a revocation list. */
async function scene(t: ExecutionContext) {
	const folder = ownFolder(t);
	const site = await clientAuthority();
	const [file, revocations] = [join(folder, "site.pem"), join(folder, "site.crl")];
	writeFileSync(file, site.pem);
	writeFileSync(revocations, await site.revoke(["0bad"]));
	const time = { now: Date.now() };
	const told: string[] = [];
	const holders = await openClientCertificates(
		{ file, revocations, rights: RIGHTS },
		{ now: () => time.now, tell: (text) => told.push(text) },
	);
	t.teardown(() => holders.close());
	const listener = await openListenerAuthority(ownFolder(t));
	const pair = await issuePair(listener, { names: ["127.0.0.1"], now: Date.now() });
	const api = testApi(t, {
		limits: { pingMs: 200 },
		deps: { holders, tls: { current: () => pair, onReplaced: () => {} } },
	});
	const url = await listen(api.app);
	const ca = listener.certificate;
	const ask = (path: string, { cert, key, headers = {}, method = "GET" }: Asked = {}) =>
		new Promise<{ status: number; text: string }>((resolve, reject) => {
			const own = cert === undefined ? {} : { cert, key };
			const sent = request(`${url}${path}`, { ca, agent: false, method, headers, ...own }, async (answer) => {
				let text = "";
				for await (const chunk of answer) text += String(chunk);
				resolve({ status: answer.statusCode ?? 0, text });
			});
			sent.once("error", reject).end();
		});
	return { api, url, ca, site, ask, holders, time, told, files: { file, revocations } };
}

test("who has a certificate by the authority needs no token, is called by its common name, and has the right of its subject", async (t) => {
	const { ask, site, api } = await scene(t);
	const alice = await site.issue();
	t.is((await ask("/v1/tokens", alice)).status, 200);
	t.deepEqual(api.used, ["cert:alice 127.0.0.1"]);
	const bob = await site.issue({ subject: "CN=Bob Smith, O=staff, O=others" });
	t.is((await ask("/v1/machines", bob)).status, 200);
	const refused = await ask("/v1/tokens", bob);
	t.is(refused.status, 403);
	t.regex(refused.text, /cert:Bob Smith has the scope viewer, and this takes admin/);
	t.like(api.refused.at(-1), { by: "cert:Bob Smith", route: "GET /v1/tokens", code: "forbidden" });
	const rack = await ask("/v1/machines", await site.issue({ subject: "CN=carol, OU=rack-a" }));
	t.deepEqual(
		JSON.parse(rack.text).machines.map(({ machineId }: { machineId: string }) => machineId),
		["m-alpha", "m-beta"],
	);
	t.is((await ask("/v1/machines")).status, 401, "nobody needs to show one, and nobody without gets in");
	t.is((await ask("/v1/machines", { headers: bearer(TOKENS.read) })).status, 200);
});

for (const [title, wish, code, words] of [
	["that has ended", { notAfter: Date.now() - HOUR_MS }, 401, /it has expired: it was good until/],
	["that is not good yet", { notBefore: Date.now() + HOUR_MS }, 401, /it is good from .* on, and not yet/],
	["that was revoked", { serial: "0bad" }, 401, /it was revoked/],
	["of a server", { usage: "1.3.6.1.5.5.7.3.1" }, 401, /it is not for clients/],
	["whose subject gives no right", { subject: "CN=eve, O=Ops" }, 403, /cert:eve has no right here/],
	["without a name", { subject: "O=ops" }, 401, /not one common name/],
	["with two names", { subject: "CN=alice, CN=root, O=ops" }, 401, /not one common name/],
] as const)
	test(`a certificate ${title} is refused with that reason`, async (t) => {
		const { ask, site } = await scene(t);
		const { status, text } = await ask("/v1/machines", await site.issue(wish));
		t.is(status, code, text);
		t.regex(text, words);
	});

test("a certificate by another authority is refused, also by one of the same name", async (t) => {
	const { ask } = await scene(t);
	for (const name of ["CN=Other CA", "CN=Site CA"]) {
		const other = await clientAuthority(name);
		const { status, text } = await ask("/v1/tokens", await other.issue());
		t.is(status, 401, name);
		t.regex(text, /is by .*CA, which is no authority of tls.clientAuthorities/);
	}
});

test("a token that is sent is what counts: a revoked one is refused beside a good certificate, a good one taken beside a bad one", async (t) => {
	const { ask, site, api } = await scene(t);
	const revoked = await ask("/v1/machines", { ...(await site.issue()), headers: bearer(TOKENS.revoked) });
	t.is(revoked.status, 401);
	t.regex(revoked.text, /token-revoked/);
	t.is((await ask("/v1/tokens", { ...(await site.issue()), headers: bearer(TOKENS.read) })).status, 403);
	const ended = await site.issue({ notAfter: Date.now() - HOUR_MS });
	t.is((await ask("/v1/machines", { ...ended, headers: bearer(TOKENS.read) })).status, 200);
	t.is(api.used.at(-1), "t-read 127.0.0.1");
});

test("a page in a browser cannot use the certificate of who looks at it", async (t) => {
	const { ask, site } = await scene(t);
	const alice = await site.issue();
	for (const headers of [
		{ origin: "https://evil.example" },
		{ origin: "https://fleet.example" },
		{ "sec-fetch-site": "cross-site" },
	]) {
		const { status, text } = await ask("/v1/machines/m-alpha/approve", { ...alice, headers, method: "POST" });
		t.is(status, 403);
		t.regex(text, /a page in a browser may not use/);
	}
	t.is((await ask("/v1/machines", { ...alice, headers: { "sec-fetch-site": "none" } })).status, 200);
});

test("what changes in the files counts at once, also on open connections, and lists that ended let nobody in", async (t) => {
	const { api, ask, url, ca, site, holders, time, told, files } = await scene(t);
	const alice = await site.issue();
	const follow = () => open(t, `${url.replace("https:", "wss:")}/v1/events`, { ca, ...alice });
	const stream = follow();
	await eventually("the stream", () => stream.socket.readyState === stream.socket.OPEN);
	writeFileSync(files.revocations, await site.revoke(["0a"]));
	await holders.look();
	t.regex((await ask("/v1/machines", alice)).text, /it was revoked/);
	await eventually("the end of the stream", () => {
		api.core.recordMany(1);
		return stream.closed[0]?.code === 1008;
	});
	writeFileSync(files.revocations, "nothing");
	await holders.look();
	t.regex(told.at(-1) ?? "", /of before are kept: .*site\.crl holds no list/);
	t.regex((await ask("/v1/machines", alice)).text, /it was revoked/);

	const other = await clientAuthority("CN=Next CA");
	writeFileSync(files.file, other.pem);
	writeFileSync(files.revocations, await other.revoke([], time.now + HOUR_MS));
	await holders.look();
	t.regex((await ask("/v1/machines", alice)).text, /no authority of tls.clientAuthorities/);
	const dora = await other.issue({ subject: "CN=dora, O=ops" });
	t.is((await ask("/v1/machines", dora)).status, 200);
	time.now += 2 * HOUR_MS;
	const late = await ask("/v1/machines", dora);
	t.is(late.status, 503);
	t.regex(late.text, /the revocation list of its authority ended on/);
});

test("files that are none are told by their names", async (t) => {
	const folder = ownFolder(t);
	const site = await clientAuthority();
	const write = (name: string, text: string): string => {
		writeFileSync(join(folder, name), text);
		return join(folder, name);
	};
	const file = write("ca.pem", site.pem);
	const begin = (given: { file: string; revocations?: string }) =>
		openClientCertificates({ ...given, rights: RIGHTS }, { now: Date.now, tell: () => {} });
	const foreign = await (await clientAuthority()).revoke([]);
	for (const [given, words] of [
		[{ file: join(folder, "none") }, /clientAuthorities\.file \S+none cannot be read/],
		[{ file: write("empty", "") }, /empty holds no certificate/],
		[{ file: write("leaf", (await site.issue()).cert) }, /leaf: .*alice.* is no authority/],
		[{ file, revocations: write("foreign", foreign) }, /foreign holds no list that CN=Site CA signed/],
	] as const)
		await t.throwsAsync(begin(given), { name: "ConfigError", message: words });
});
