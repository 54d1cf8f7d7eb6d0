import { sha256Of } from "@rollcall/protocol";
import test from "ava";
import { EVERY_ROUTE } from "./every-route.ts";
import { TOKENS } from "./fixed-core.ts";
import { bearer, testApi } from "./setup.ts";

/** What changes nothing, or is no request of a person. */
const READS = [
	"POST /v1/attest",
	"POST /v1/enroll",
	"POST /v1/relay",
	"POST /v1/plan",
	"POST /v1/machines/{id}/plan",
	"POST /v1/machines/{id}/commands",
];
/** Work that was begun is recorded where it begins; the test fleet has nothing for the others to change. */
const ELSEWHERE = [
	"POST /v1/assets/verify",
	"PUT /v1/assets/work/{id}/content",
	"POST /v1/certificates",
	"DELETE /v1/etcd/snapshots/{sha256}",
];

for (const { name, route, request } of EVERY_ROUTE) {
	if (route.method === "GET" || READS.includes(name) || ELSEWHERE.includes(name)) continue;
	test(`${name} tells the core who asked, with what right, and from where`, async (t) => {
		const { app, core } = testApi(t);
		const headers = { ...request.headers, ...bearer(TOKENS.admin) };
		const response = await app.inject({ ...request, headers, remoteAddress: "192.0.2.44" });
		t.true(response.statusCode < 300, response.body);
		t.true(core.asked.length > 0);
		for (const asked of core.asked) t.like(asked, { by: "t-admin", scope: "admin", from: "192.0.2.44", route: name });
	});
}

test("requests that are refused for want of a right are counted by who, from where and for what", async (t) => {
	const { app, refused, used } = testApi(t);
	await app.inject({ url: "/v1/tokens", headers: bearer(TOKENS.read), remoteAddress: "192.0.2.9" });
	await app.inject({ url: "/v1/status", remoteAddress: "192.0.2.9" });
	await app.inject({ url: "/v1/status", headers: bearer(TOKENS.expired), remoteAddress: "192.0.2.9" });
	const scope = { scope: "admin" };
	await app.inject({ method: "POST", url: "/v1/tokens", headers: bearer(TOKENS.operator), payload: scope });
	await app.inject({ url: "/v1/machines/nobody", headers: bearer(TOKENS.read) });
	const from = "192.0.2.9";
	t.deepEqual(refused, [
		{ by: "t-read", from, route: "GET /v1/tokens", code: "forbidden" },
		{ by: undefined, from, route: "GET /v1/status", code: "unauthorized" },
		{ by: undefined, from, route: "GET /v1/status", code: "token-expired" },
		{ by: "t-operator", from: "127.0.0.1", route: "POST /v1/tokens", code: "forbidden" },
	]);
	t.deepEqual(used, ["t-read 192.0.2.9", "t-operator 127.0.0.1", "t-read 127.0.0.1"]);
	t.false(JSON.stringify(refused).includes(sha256Of(TOKENS.expired)));
});
