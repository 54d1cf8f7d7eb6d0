import { checkedPart, Refusal, ROUTES } from "@rollcall/coordinator/parsers";
import { bytesOf, holds, type Outcome, type Parser, refused, TAKEN, textOf } from "../parser.ts";
import { readsTheSame, wholeProblem } from "./same-again.ts";

const PARAMETERS = { id: "m-4c4c4544", name: "debian/vmlinuz", sha256: "0a".repeat(32), after: "7", limit: "10" };
const routes = new Map(ROUTES.map((route) => [`${route.method} ${route.path}`, route]));
/** Bodies of routes that take one, by the path; what is missing here gets an empty object. */
const BODIES: Readonly<Record<string, unknown>> = {
	"/v1/tokens": { scope: "operator", labels: { room: "1" }, expiresInSeconds: 3600, machines: { rack: "a" } },
	"/v1/plan": { document: "apiVersion: rollcall/v1\nkind: Cluster\n" },
	"/v1/cluster": { document: "apiVersion: rollcall/v1\n", acceptLoss: "etcd" },
	"/v1/machines/{id}/labels": { set: { rack: "a" }, remove: ["room"] },
	"/v1/machines/{id}/role": { role: "worker" },
	"/v1/kubeconfig": { commonName: "ann", organizations: ["dev"], seconds: 3600, publicKey: "AAAA" },
};

/** A request is `{route, params, query, body}`: what the server hands to the checks of one row of its table. */
export const API_PARSERS: readonly Parser[] = [
	{
		name: "api",
		seeds: () =>
			[...routes]
				.map(([route, { path }]) => bytesOf({ route, params: PARAMETERS, query: PARAMETERS, body: BODIES[path] ?? {} }))
				.concat(
					[...routes].map(([route, { path }]) =>
						bytesOf({ route, params: { id: "m-1" }, query: {}, body: BODIES[path] ?? {} }),
					),
				),
		feed(bytes) {
			const asked = parsed(bytes);
			const route = routes.get(String(asked?.route));
			if (!asked || !route) return refused("no route");
			const outcomes = (["params", "query", "body"] as const).map((part): Outcome => {
				const schema = route[part];
				if (schema === null) return TAKEN;
				try {
					readsTheSame(schema, checkedPart(schema, asked[part], { what: part, next: "look" }));
					return TAKEN;
				} catch (error) {
					if (!(error instanceof Refusal)) throw error;
					holds(error.problem.code === "bad-request", `it refused with ${error.problem.code}`);
					return wholeProblem(error.problem);
				}
			});
			return outcomes.find((outcome) => "refused" in outcome) ?? TAKEN;
		},
	},
];

function parsed(bytes: Uint8Array): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(textOf(bytes));
		const isRequest =
			typeof value === "object" && value !== null && typeof (value as { route?: unknown }).route === "string";
		return isRequest ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}
