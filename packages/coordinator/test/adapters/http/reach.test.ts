import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { ROUTES } from "../../../src/adapters/http/routes/table.ts";
import { EVERY_ROUTE } from "./every-route.ts";
import { TOKENS } from "./fixed-core.ts";
import { bearer, type TestApi, testApi } from "./setup.ts";
import { open, started } from "./stream-client.ts";

const as = bearer(TOKENS.rackA);
const get = ({ app }: TestApi, url: string) => app.inject({ url, headers: as });

test("a token for the machines of one rack lists these, finds no other, and learns of no other's name", async (t) => {
	const api = testApi(t);
	const listed = (await get(api, "/v1/machines")).json().machines;
	t.deepEqual(
		listed.map((one: { machineId: string }) => one.machineId),
		["m-alpha", "m-beta"],
	);
	t.is((await get(api, "/v1/machines/m-al")).json().machine.machineId, "m-alpha", "the other m-al… is no candidate");
	t.is((await get(api, "/v1/machines/m-alpine")).json().code, "unknown-machine");
	const { boots, more } = (await get(api, "/v1/boots")).json();
	t.deepEqual([boots.map((one: { machineId?: string }) => one.machineId), more], [["m-alpha"], 0]);
	t.like((await get(api, "/v1/status")).json(), { machines: { idle: 0 } });
});

for (const { name, route, request } of EVERY_ROUTE.filter(({ route }) => route.partial === "machine")) {
	test(`${name} is not for a token whose machines are others`, async (t) => {
		const { app, core } = testApi(t);
		const url = request.url.replace("m-alpha", "m-alpine");
		const response = await app.inject({ ...request, url, headers: as });
		t.is(response.json().code, "unknown-machine", route.summary);
		t.deepEqual(core.inputs, []);
	});
}

test("every route about one machine is classified as such", (t) => {
	const wrong = ROUTES.filter(({ path, partial }) => path.startsWith("/v1/machines/{id}") !== (partial === "machine"));
	t.deepEqual(wrong, []);
});

test("pages of events and the stream tell a limited token of its machines alone", async (t) => {
	const { api, url } = await started(t);
	const label = (machineId: string) =>
		api.core.record({ type: "machine-labelled", machineId: machineId as never, labels: { rack: "a" }, by: "x" });
	label("m-alpha");
	label("m-alpine");
	api.core.record({ type: "token-revoked", tokenId: "t", by: "x" });
	const page = (await get(api, "/v1/events")).json();
	t.deepEqual(
		page.events.map(({ seq }: { seq: number }) => seq),
		[1],
	);
	const client = open(t, `${url}/v1/events?after=0`, { headers: as });
	await eventually("caught up", () => client.frames.some(({ kind }) => kind === "caught-up"));
	label("m-alpine");
	label("m-beta");
	await eventually("what happens", () => client.seqs().length >= 2);
	t.deepEqual(client.seqs(), [1, 5]);
});

test("a limited operator cannot take a machine out of its own reach", async (t) => {
	const { app, core } = testApi(t);
	const label = (labels: object) =>
		app.inject({ method: "POST", url: "/v1/machines/m-alpha/labels", headers: as, payload: { labels } });
	t.like((await label({ rack: "b" })).json(), { code: "forbidden", path: "labels", machineId: "m-alpha" });
	t.deepEqual(core.inputs, []);
	t.is((await label({ rack: "a", row: "2" })).statusCode, 200);
});

test("a token for one cluster is refused while another is declared, and declares no other", async (t) => {
	const { app, core } = testApi(t);
	const document = { name: "lab", slots: [], roles: {} };
	core.state = { ...core.state, cluster: { document, digest: "sha256:0", seq: 1, at: 0 } as never };
	const limit = (cluster: string) => {
		const token = core.state.tokens.get("t-operator");
		if (token)
			core.state = { ...core.state, tokens: core.state.tokens.set("t-operator", { ...token, reach: { cluster } }) };
	};
	const ask = () => app.inject({ url: "/v1/machines", headers: bearer(TOKENS.operator) });
	limit("lab");
	t.is((await ask()).statusCode, 200);
	limit("other");
	const refused = await ask();
	t.is(refused.statusCode, 403);
	t.regex(refused.json().message, /cluster other, and lab is declared/);
});

test("an approver accepts no loss of what etcd holds", async (t) => {
	const { app, core } = testApi(t);
	const reject = (token: string) =>
		app.inject({
			method: "POST",
			url: "/v1/machines/m-alpha/reject?acceptLoss=etcd",
			headers: bearer(token),
			payload: { reason: "no" },
		});
	t.like((await reject(TOKENS.approver)).json(), { code: "forbidden", path: "acceptLoss" });
	t.deepEqual(core.inputs, []);
	t.is((await reject(TOKENS.operator)).statusCode, 200);
});

test("an operator makes tokens to enroll with, and gives nobody rights", async (t) => {
	const { app, core } = testApi(t);
	const make = (scope: string) =>
		app.inject({ method: "POST", url: "/v1/tokens", headers: bearer(TOKENS.operator), payload: { scope } });
	t.like((await make("viewer")).json(), { code: "forbidden", path: "scope" });
	t.deepEqual(core.inputs, []);
	t.is((await make("enroll")).statusCode, 201);
});

test("a token that is over is answered with 401 and the word that fits", async (t) => {
	const { app } = testApi(t);
	for (const [token, code] of [
		[TOKENS.expired, "token-expired"],
		[TOKENS.revoked, "token-revoked"],
	] as const) {
		const response = await app.inject({ url: "/v1/status", headers: bearer(token) });
		t.is(response.statusCode, 401);
		t.is(response.json().code, code);
		t.is(response.headers["www-authenticate"], 'Bearer realm="rollcall"');
	}
});
