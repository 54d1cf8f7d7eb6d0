import test from "ava";
import { NOW, TOKENS } from "./fixed-core.ts";
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
		["?machine=a/b", "machine"],
		["?severity=loud", "severity"],
		["?since=yesterday", "since"],
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

for (const [words, aheadMs, since, wanted] of [
	[
		"forwards: only what came after it is newer",
		-21 * 86_400_000,
		21 * 86_400_000,
		[11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
	],
	[
		"forwards: what came before it counts by the dates of then",
		-21 * 86_400_000,
		5,
		[6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
	],
	[
		"forwards: a date that was left out begins behind it",
		-21 * 86_400_000,
		3_600_000,
		[11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
	],
	[
		"back: what was dated later comes first",
		21 * 86_400_000,
		-20 * 86_400_000,
		[...Array(20)].map((_, index) => index + 1),
	],
	["back: a date that nothing has", 21 * 86_400_000, 3_600_000, []],
] as const)
	test(`a page begins at a date also where the clock was set ${words}`, async (t) => {
		const api = testApi(t);
		api.core.recordMany(20);
		api.core.state = { ...api.core.state, clock: [{ at: NOW + 10, aheadMs }] };
		const answer = await page(api, `?since=${new Date(NOW + since).toISOString()}`);
		t.deepEqual(seqs(answer), [...wanted]);
	});

test("a page begins at a time, and knows severities", async (t) => {
	const api = testApi(t);
	api.core.recordMany(20);
	const middle = new Date(api.core.log[9]?.at ?? 0).toISOString();
	const wanted = api.core.log.filter(({ at }) => at >= Date.parse(middle)).map(({ seq }) => seq);
	t.deepEqual(seqs(await page(api, `?since=${encodeURIComponent(middle)}`)), wanted);
	const end = new Date((api.core.log.at(-1)?.at ?? 0) + 1).toISOString();
	t.deepEqual(seqs(await page(api, `?since=${encodeURIComponent(end)}`)), []);
	api.core.record({ type: "machine-removed", machineId: "m-alpha" as never, by: "x" });
	t.deepEqual(seqs(await page(api, "?severity=warning")), [21]);
	t.deepEqual(seqs(await page(api, "?severity=error")), []);
	t.deepEqual(seqs(await page(api, "?component=kubelet")), []);
});
