import { ManifestsAccepted } from "@rollcall/protocol";
import { z } from "zod";
import { askCore } from "../ask-core.ts";
import { type Route, route } from "../route.ts";
import { NOTHING } from "./parameters.ts";

/** What a person decides about the operator's own manifests. */
export const MANIFEST_ROUTES: readonly Route[] = [
	route({
		method: "POST",
		path: "/v1/manifests/accept",
		params: NOTHING,
		query: NOTHING,
		scope: "admin",
		leads: true,
		status: 200,
		summary:
			"Say that the leader's folder of manifests counts as it is; what is not in it any more is removed from the cluster",
		body: z.strictObject({}),
		response: ManifestsAccepted,
		example: { seq: 1037 },
		refusals: ["conflict", "not-leader", "not-ready"],
		async answer(api, { caller }) {
			await askCore(api.core, { kind: "manifests-accept", by: caller.name }, "ok");
			return { seq: api.core.fleet().seq };
		},
	}),
];
