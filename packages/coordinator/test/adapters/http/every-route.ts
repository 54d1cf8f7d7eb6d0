import type { InjectOptions } from "fastify";
import { ROUTES } from "../../../src/adapters/http/routes/table.ts";
import { BOOT, FACTS, KEY, TOKENS } from "./fixed-core.ts";

/** A good body for each route that takes one. A route that is missing here fails the tests that go through the table. */
const BODIES: Readonly<Record<string, unknown>> = {
	"POST /v1/enroll": { token: TOKENS.enroll, publicKey: KEY, facts: FACTS },
	"POST /v1/machines/{id}/approve": {},
	"POST /v1/machines/{id}/reject": { reason: "not ours" },
	"POST /v1/machines/{id}/role": { role: "worker" },
	"POST /v1/machines/{id}/labels": { labels: { rack: "c" } },
	"POST /v1/machines/{id}/commands": { kind: "ping", bootId: BOOT },
	"PUT /v1/cluster": { text: "apiVersion: rollcall/v1" },
	"POST /v1/plan": { text: "apiVersion: rollcall/v1" },
	"POST /v1/tokens": { scope: "enroll" },
};

export interface OneRoute {
	readonly name: string;
	readonly route: (typeof ROUTES)[number];
	/** A good request, without a token. */
	readonly request: InjectOptions & { url: string };
}

/** Every route with a request that it takes. */
export const EVERY_ROUTE: readonly OneRoute[] = ROUTES.map((route) => {
	const name = `${route.method} ${route.path}`;
	const id = route.path.includes("/tokens/") ? "t-read" : "m-alpha";
	if (route.body !== null && !(name in BODIES)) throw new Error(`${name} has no body in the tests`);
	return {
		name,
		route,
		request: {
			method: route.method,
			url: route.path.replace("{id}", id),
			...(route.body === null ? {} : { payload: BODIES[name] as object }),
		},
	};
});
