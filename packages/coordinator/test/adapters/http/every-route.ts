import type { InjectOptions } from "fastify";
import { ROUTES } from "../../../src/adapters/http/routes/table.ts";
import { WORK_ID } from "./fixed-assets.ts";
import { BOOT, FACTS, KEY, TOKENS } from "./fixed-core.ts";

/** A good body for each route that takes one. A route that is missing here fails the tests that go through the table. */
const BODIES: Readonly<Record<string, unknown>> = {
	"POST /v1/attest": { publicKey: KEY, bootId: BOOT, ek: "AAAA", ak: "AAAA" },
	"POST /v1/enroll": {
		token: TOKENS.enroll,
		publicKey: KEY,
		facts: FACTS,
		nonce: "n".repeat(32),
		signature: "mine",
	},
	"POST /v1/relay": { relay: "room-b", observations: [], signature: "mine" },
	"POST /v1/machines/{id}/approve": {},
	"POST /v1/machines/{id}/reject": { reason: "not ours" },
	"POST /v1/machines/{id}/compromised": { reason: "a pod broke out" },
	"POST /v1/machines/{id}/role": { role: "worker" },
	"POST /v1/machines/{id}/plan": { role: "worker" },
	"POST /v1/machines/{id}/labels": { labels: { rack: "a", row: "2" } },
	"POST /v1/machines/{id}/commands": { kind: "ping", bootId: BOOT },
	"PUT /v1/cluster": { text: "apiVersion: rollcall/v1" },
	"POST /v1/plan": { text: "apiVersion: rollcall/v1" },
	"POST /v1/certificates": { request: "AAAA" },
	"POST /v1/certificates/rotate": { force: true },
	"POST /v1/tokens": { scope: "enroll" },
	"POST /v1/etcd/snapshots": {},
	"POST /v1/etcd/restore": { from: "none" },
	"POST /v1/log/accept": {},
	"POST /v1/manifests/accept": {},
	"POST /v1/check": { outside: null },
	"POST /v1/assets": { name: "a/b", source: { uploadBytes: 3, from: "here" } },
	"PUT /v1/assets/work/{id}/content": Buffer.from("abc"),
};

/** Queries that a route does not do without. */
const QUERIES: Readonly<Record<string, string>> = {
	"DELETE /v1/assets": "?name=a/b",
	"PUT /v1/assets/work/{id}/content": "?offset=0",
};

/** An id that means something to the test's API. */
function idFor(path: string): string {
	if (path.includes("/work/")) return WORK_ID;
	return path.includes("/tokens/") ? "t-read" : "m-alpha";
}

export interface OneRoute {
	readonly name: string;
	readonly route: (typeof ROUTES)[number];
	/** A good request, without a token. */
	readonly request: InjectOptions & { url: string };
}

/** Every route with a request that it takes. */
export const EVERY_ROUTE: readonly OneRoute[] = ROUTES.map((route) => {
	const name = `${route.method} ${route.path}`;
	if (route.body !== null && !(name in BODIES)) throw new Error(`${name} has no body in the tests`);
	return {
		name,
		route,
		request: {
			method: route.method,
			url: `${route.path.replace("{id}", idFor(route.path)).replace("{sha256}", "0".repeat(64))}${QUERIES[name] ?? ""}`,
			...(route.bodyLimit === "chunk" ? { headers: { "content-type": "application/octet-stream" } } : {}),
			...(route.body === null ? {} : { payload: BODIES[name] as object }),
		},
	};
});
