import { LogAccepted } from "@rollcall/protocol";
import { z } from "zod";
import { askCore } from "../ask-core.ts";
import { type Route, route } from "../route.ts";
import { NOTHING } from "./parameters.ts";

/** What a person decides about the event log. */
export const LOG_ROUTES: readonly Route[] = [
	route({
		method: "POST",
		path: "/v1/log/accept",
		params: NOTHING,
		query: NOTHING,
		scope: "admin",
		leads: true,
		status: 200,
		summary: "Go on with the event log as it is, although it is in doubt",
		body: z.strictObject({}),
		response: LogAccepted,
		example: { seq: 1037 },
		refusals: ["conflict", "not-leader", "not-ready"],
		async answer(api, { caller }) {
			await askCore(api.core, { kind: "log-accept", by: caller.name }, "ok");
			return { seq: api.core.fleet().seq };
		},
	}),
];
