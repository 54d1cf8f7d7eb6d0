import { Problem } from "@rollcall/protocol";
import test from "ava";
import { TOKENS } from "./fixed-core.ts";
import { bearer, type TestApi, testApi } from "./setup.ts";

const get = ({ app }: TestApi, url: string) => app.inject({ url, headers: bearer(TOKENS.read) });
const ids = async (api: TestApi, query: string): Promise<string[]> =>
	(await get(api, `/v1/machines${query}`)).json().machines.map((one: { machineId: string }) => one.machineId);

test("machines are listed by id and filtered by phase, role, slot and labels", async (t) => {
	const api = testApi(t);
	t.deepEqual(await ids(api, ""), ["m-alpha", "m-alpine", "m-beta"]);
	t.deepEqual(await ids(api, "?phase=idle"), ["m-alpine"]);
	t.deepEqual(await ids(api, "?role=worker"), ["m-alpha", "m-beta"]);
	t.deepEqual(await ids(api, "?slot=workers"), ["m-alpha", "m-beta"]);
	t.deepEqual(await ids(api, "?label=rack:a"), ["m-alpha", "m-beta"]);
	t.deepEqual(await ids(api, "?label=rack:a&label=lab.example%2Frow:1"), ["m-alpha"]);
	t.deepEqual(await ids(api, "?label=rack:c"), []);
});

test("a long list comes in pages", async (t) => {
	const api = testApi(t);
	const first = (await get(api, "/v1/machines?limit=2")).json();
	t.is(first.next, "m-alpine");
	const second = (await get(api, `/v1/machines?limit=2&after=${first.next}`)).json();
	t.deepEqual(
		second.machines.map((one: { machineId: string }) => one.machineId),
		["m-beta"],
	);
	t.false("next" in second);
	t.false("next" in (await get(api, "/v1/machines?limit=3")).json());
});

test("a filter that does not exist is refused, not ignored", async (t) => {
	const response = await get(testApi(t), "/v1/machines?rolle=worker");
	t.is(response.statusCode, 400);
	t.regex(Problem.parse(response.json()).message, /rolle/);
});

test("a machine is found by id, node name, or the beginning of either", async (t) => {
	const api = testApi(t);
	for (const name of ["m-alpha", "worker-0", "m-alph"]) {
		const response = await get(api, `/v1/machines/${name}`);
		t.is(response.json().machine.machineId, "m-alpha", name);
	}
});

test("an ambiguous beginning lists what it could mean", async (t) => {
	const response = await get(testApi(t), "/v1/machines/m-alp");
	t.is(response.statusCode, 409);
	const problem = Problem.parse(response.json());
	t.deepEqual(
		problem.details?.map(({ suggestion }) => suggestion),
		["m-alpha", "m-alpine"],
	);
});

test("an unknown machine is named in the refusal", async (t) => {
	const response = await get(testApi(t), "/v1/machines/m-zeta/why");
	t.is(response.statusCode, 404);
	t.is(response.json().code, "unknown-machine");
	t.regex(response.json().message, /m-zeta/);
});

test("the detail and why tell who brings the programs of a machine's role, and nothing without one", async (t) => {
	const api = testApi(t);
	const kubelet = { name: "kubelet", path: "/opt/rollcall/bin/kubelet", from: "coordinator" };
	for (const below of ["", "/why"]) {
		t.deepEqual((await get(api, `/v1/machines/worker-0${below}`)).json().programs, [kubelet]);
		t.is((await get(api, `/v1/machines/m-alpine${below}`)).json().programs, undefined);
	}
});

test("the detail shows the events of the trail, and why follows their causes", async (t) => {
	const api = testApi(t);
	api.core.recordMany(1);
	api.core.recordMany(1);
	const third = api.core.record({ type: "machine-approved", machineId: "m-alpha" as never, by: "x", cause: 2 });
	t.is(third.seq, 3);
	const detail = (await get(api, "/v1/machines/m-alpha")).json();
	t.deepEqual(
		detail.events.map(({ event, text }: { event: { seq: number }; text: string }) => [event.seq, text]),
		[
			[1, "machine-labelled happened"],
			[3, "machine-approved happened"],
		],
	);
	const why = (await get(api, "/v1/machines/m-alpha/why")).json();
	t.deepEqual(
		why.chain.map(({ seq }: { seq: number }) => seq),
		[3, 2, 1],
	);
});

test("a log that cannot be read is not-ready, not an inner error", async (t) => {
	const api = testApi(t);
	api.core.events = async () => {
		throw Object.assign(new Error("nats: timeout"), { name: "LogUnavailable" });
	};
	const response = await get(api, "/v1/machines/m-alpha");
	t.is(response.statusCode, 503);
	t.is(response.json().code, "not-ready");
});

test("a target shows open files and only the digest of secret ones", async (t) => {
	const response = await get(testApi(t), "/v1/machines/m-alpha/target");
	const { files } = response.json().content;
	t.regex(files[0].content, /^sha256:/);
	t.is(files[0].encoding, "utf8");
	t.regex(files[1].content, /^sha256:/);
	t.is(files[2].content, "hello");
	t.notRegex(response.body, /CANARY|Q0FOQVJZ/);
});

test("a machine without assignment has no target, and the answer says what to do", async (t) => {
	const response = await get(testApi(t), "/v1/machines/m-alpine/target");
	t.is(response.statusCode, 404);
	t.is(response.json().next, "rollcall why m-alpine");
});
