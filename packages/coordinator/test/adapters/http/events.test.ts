import test from "ava";
import { TOKENS } from "./fixed-core.ts";
import { bearer, type TestApi, testApi } from "./setup.ts";

const page = async ({ app }: TestApi, query: string) =>
	(await app.inject({ url: `/v1/events${query}`, headers: bearer(TOKENS.read) })).json();
const seqs = (answer: { events: { seq: number }[] }): number[] => answer.events.map(({ seq }) => seq);

test("events come in pages, in order", async (t) => {
	const api = testApi(t);
	api.core.recordMany(250);
	const first = await page(api, "");
	t.is(first.events.length, 100);
	t.deepEqual([first.next, first.last], [100, 250]);
	const second = await page(api, `?after=${first.next}&limit=500`);
	t.is(second.events.length, 150);
	t.is(second.next, 250);
	t.deepEqual(await page(api, "?after=250"), { events: [], next: 250, last: 250 });
});

test("events are filtered by machine and type, and a page says where it stopped looking", async (t) => {
	const api = testApi(t, { limits: { scanEvents: 100, pageEvents: 10 } });
	api.core.recordMany(150);
	api.core.record({ type: "machine-approved", machineId: "m-beta" as never, by: "x" });
	const first = await page(api, "?machine=m-beta");
	t.deepEqual(first, { events: [], next: 100, last: 151 });
	t.deepEqual(seqs(await page(api, "?machine=m-beta&after=100")), [151]);
	t.deepEqual(seqs(await page(api, "?type=machine-approved&after=100")), [151]);
	t.deepEqual(seqs(await page(api, "?type=machine-rejected&after=100")), []);
});

test("a bad filter is refused with the name of the parameter", async (t) => {
	const api = testApi(t);
	for (const [query, path] of [
		["?limit=0", "limit"],
		["?limit=abc", "limit"],
		["?after=-1", "after"],
		["?type=nothing", "type"],
		["?machine=NO", "machine"],
	] as const) {
		t.like(await page(api, query), { code: "bad-request", path }, query);
	}
});

test("secret files of a declared document are not in the events", async (t) => {
	const api = testApi(t);
	api.core.record({
		type: "cluster-declared",
		document: {
			apiVersion: "rollcall/v1",
			kind: "Cluster",
			name: "lab",
			kubernetes: { version: "1.36.2" },
			slots: [{ name: "all", role: "print", count: "rest" }],
			roles: { print: { files: [{ path: "/etc/key", mode: "0600", encoding: "utf8", content: "CANARY" }] } },
		} as never,
		digest: `sha256:${"0".repeat(64)}` as never,
		by: "x",
	});
	const { app } = testApi(t, { deps: { core: api.core, checkAnswers: false } });
	const response = await app.inject({ url: "/v1/events", headers: bearer(TOKENS.admin) });
	t.is(response.json().events.length, 1);
	t.notRegex(response.body, /CANARY/);
});

test("the stream without an upgrade tells what it is", async (t) => {
	const { app } = testApi(t);
	const response = await app.inject({ url: "/v1/events/stream", headers: bearer(TOKENS.read) });
	t.is(response.statusCode, 400);
	t.regex(response.json().next, /WebSocket/);
});
