import type { BootList } from "@rollcall/protocol";
import test from "ava";
import { TOKENS } from "./fixed-core.ts";
import { testApi } from "./setup.ts";

const headers = { authorization: `Bearer ${TOKENS.read}` };

test("boots are listed, by state and by MAC in any notation", async (t) => {
	const { app } = testApi(t);
	const list = async (query: string) => {
		const answer = await app.inject({ url: `/v1/boots${query}`, headers });
		t.is(answer.statusCode, 200, answer.body);
		return answer.json<BootList>();
	};
	t.is((await list("")).boots.length, 2);
	t.like(await list("?limit=1"), { more: 1 });
	t.deepEqual(
		(await list("?state=stuck")).boots.map(({ waitingFor }) => waitingFor),
		["kernel"],
	);
	t.is((await list("?mac=52-54-00-00-00-99")).boots.length, 1);
	t.is((await app.inject({ url: "/v1/boots?mac=zz", headers })).statusCode, 400);
});

test("a machine is shown with its boot; one whose boot nobody saw is said to be one", async (t) => {
	const { app } = testApi(t);
	const detail = (await app.inject({ url: "/v1/machines/m-alpha", headers })).json();
	t.is(detail.boot.state, "done");
	t.is((await app.inject({ url: "/v1/machines/m-alpha/boot", headers })).json().totalMs, 1000);
	const machines = (await app.inject({ url: "/v1/machines", headers })).json().machines as { machineId: string }[];
	const other = machines.find(({ machineId }) => machineId !== "m-alpha")?.machineId;
	const unseen = await app.inject({ url: `/v1/machines/${other}/boot`, headers });
	t.like(unseen.json(), { code: "not-found", machineId: other });
});
