import { Problem } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import type { LightMyRequestResponse } from "fastify";
import { EVERY_ROUTE, type OneRoute } from "./every-route.ts";
import { TOKENS } from "./fixed-core.ts";
import { bearer, type TestApi, testApi } from "./setup.ts";

// It keeps its process busy for long, so that it runs in a process of its own.

const MUCH = { burst: 1e9, perSecond: 1e9 };
const WITH_JSON = EVERY_ROUTE.filter(({ route }) => route.body !== null && route.bodyLimit !== "chunk");
/** What zod says of wrong values when it is asked. */
const WORDS_OF_ZOD = /Invalid (?:input|option|key|element|string)|Unrecognized|Too (?:small|big)|, received /;

/** What may stand nowhere, or only where its kind is asked for. */
const WRONG = [
	...[
		"null",
		"true",
		"-1",
		"1.5",
		"1e400",
		"1e308",
		"99999999999999999999",
		'""',
		'"\\u0000"',
		'"\\ud800"',
		"[]",
		"{}",
	],
	...[
		"[[[[]]]]",
		'{"__proto__":{"a":1}}',
		'{"constructor":{"prototype":1}}',
		'{"a":1,"a":2}',
		`"${"y".repeat(20_000)}"`,
	],
	...["[".repeat(9_000) + "]".repeat(9_000), `${'{"a":'.repeat(3_000)}1${"}".repeat(3_000)}`],
];

/** The ways to all places of a value. */
function placesOf(value: unknown, at: readonly string[] = []): (readonly string[])[] {
	if (typeof value !== "object" || value === null) return [at];
	return [at, ...Object.entries(value).flatMap(([name, part]) => placesOf(part, [...at, name]))];
}

function partAt(value: unknown, place: readonly string[]): unknown {
	return place.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], value);
}

/** A body with other JSON at one of its places. */
function withAt(body: object, place: readonly string[], json: string): string {
	const mark = "@@here@@";
	const put = (value: unknown, rest: readonly string[]): unknown => {
		const [name, ...further] = rest;
		if (name === undefined) return mark;
		if (Array.isArray(value)) return value.map((part, index) => (String(index) === name ? put(part, further) : part));
		return { ...(value as object), [name]: put((value as Record<string, unknown>)[name], further) };
	};
	return JSON.stringify(put(body, place)).replace(`"${mark}"`, () => json);
}

function calmApi(t: ExecutionContext): TestApi {
	const limits = { refusals: MUCH, costly: MUCH, requests: MUCH, enrollments: MUCH };
	const api = testApi(t, { limits });
	// The core refuses what is valid, so that only the edge is looked at.
	api.core.answer = () => ({ kind: "problem", problem: { code: "conflict", message: "it is valid", next: "nothing" } });
	return api;
}

async function send(api: TestApi, { request }: OneRoute, payload: string): Promise<LightMyRequestResponse> {
	const headers = { "content-type": "application/json", ...bearer(TOKENS.admin) };
	return api.app.inject({ ...request, payload, headers });
}

/** A refusal of a body tells the place and what to do, in words of ours. */
function isTold(t: ExecutionContext, response: LightMyRequestResponse, what: string): Problem {
	t.is(response.statusCode, 400, `${what}: ${response.body.slice(0, 300)}`);
	t.is(response.headers["content-type"], "application/problem+json; charset=utf-8", what);
	const problem = Problem.parse(response.json());
	t.truthy(problem.path, `${what}: ${problem.message}`);
	t.truthy(problem.next, `${what}: ${problem.message}`);
	t.notRegex(response.body, WORDS_OF_ZOD, what);
	return problem;
}

for (const one of WITH_JSON) {
	const body = one.request.payload as object;

	test(`${one.name}: a wrong value at any place is refused with the place and the next step, or is taken, and breaks nothing`, async (t) => {
		const api = calmApi(t);
		for (const place of placesOf(body))
			for (const json of WRONG) {
				const response = await send(api, one, withAt(body, place, json));
				const what = `${place.join(".")}: ${json.slice(0, 40)}`;
				if (response.statusCode === 400) isTold(t, response, what);
				else t.true(response.statusCode < 500, `${what}: ${response.body.slice(0, 300)}`);
			}
		t.notRegex(api.logged(), /"a request failed"/);
	});

	test(`${one.name}: no name stands twice, none is passed over`, async (t) => {
		const api = calmApi(t);
		for (const place of placesOf(body)) {
			const part = partAt(body, place);
			if (typeof part !== "object" || part === null || Array.isArray(part)) continue;
			const written = JSON.stringify(part).slice(1);
			const [first] = Object.keys(part);
			const names = ["__proto__", "zzz", ...(first === undefined ? [] : [first])];
			// Labels have any name.
			const wrong = place.at(-1) === "labels" ? names.filter((name) => name !== "zzz") : names;
			for (const name of wrong) {
				const json = `{"${name}":{"a":1}${written === "}" ? "" : ","}${written}`;
				const problem = isTold(t, await send(api, one, withAt(body, place, json)), `${place.join(".")}: ${name}`);
				t.true(problem.path?.includes(name), problem.path);
			}
		}
	});
}

test("a body of another kind, in another encoding, cut off or none at all is refused with what to send", async (t) => {
	const { app } = calmApi(t);
	const inject = (payload: string | Buffer, type?: string) =>
		app.inject({
			...{ method: "POST" as const, url: "/v1/machines/m-alpha/role", payload },
			headers: { ...bearer(TOKENS.admin), ...(type === undefined ? {} : { "content-type": type }) },
		});
	const json = "application/json";
	const good = '{"role":"worker"}';
	const bodies: readonly (readonly [string | Buffer, string | undefined])[] = [
		["role=worker", "application/x-www-form-urlencoded"],
		["role: worker", "application/yaml"],
		[good, "text/plain"],
		[good, "application/octet-stream"],
		[good, "nonsense"],
		['{"role":"wor', json],
		["", json],
		["", undefined],
		[Buffer.from([0x7b, 0xff, 0x7d]), json],
		[Buffer.from('{"role":"w\u00f6"}', "latin1"), json],
		[Buffer.from(good, "utf16le"), json],
		["\u0000", json],
	];
	for (const [payload, type] of bodies) isTold(t, await inject(payload, type), `${type}: ${payload}`);
	t.is((await inject("x".repeat(70_000), json)).json().path, "body");
});

test("parameters that come twice, are not known or hold nonsense are refused with the place and the next step", async (t) => {
	const { app } = calmApi(t);
	for (const [path, place] of [
		["/v1/machines?limit=1&limit=2", "limit"],
		["/v1/machines?__proto__=1", "__proto__"],
		["/v1/machines?limit=1e3", "limit"],
		["/v1/machines?phase=%00", "phase"],
		["/v1/machines?limt=1", "limt"],
		["/v1/events?after=-1", "after"],
		["/v1/events?after=99999999999999999999", "after"],
		["/v1/events?severity=%ff", "severity"],
		["/v1/events?type[]=x", "type[]"],
		["/v1/boots?state=STUCK", "state"],
		["/v1/machines/%00", "id"],
		["/v1/machines/%F0%9F", "path"],
	] as const) {
		const response = await app.inject({ url: path, headers: bearer(TOKENS.admin) });
		t.true(isTold(t, response, path).path?.includes(place), `${path}: ${response.body}`);
	}
});
