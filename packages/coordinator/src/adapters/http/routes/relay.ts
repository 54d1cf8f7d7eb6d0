import { RelayReply, RelayRequest } from "@rollcall/protocol";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { NOTHING } from "./parameters.ts";

/** How a relay is asked for who is on its link. It shows its signature, and no token. */
export const RELAY_ROUTES: readonly Route[] = [
	route({
		method: "POST",
		path: "/v1/relay",
		summary: "What a relay saw on its link, and what it is to look for; waits some seconds for questions",
		scope: "public",
		leads: true,
		params: NOTHING,
		query: NOTHING,
		body: RelayRequest,
		status: 200,
		response: RelayReply,
		example: {
			ticket: "81223.5 GfRw9gX2nV4",
			questions: [{ nonce: "kX0u1vGfRw9gX2nV4q83vE", address: "198.51.100.7" }],
		},
		refusals: ["unauthorized", "not-leader"],
		async answer(api, { body }) {
			const reply = await api.relay(body);
			if (reply) return reply;
			throw refuse("unauthorized", `this is not signed by relay ${body.relay}, or it was sent before`, {
				path: "signature",
				next: "name the relay with its public key in `relays` of the coordinator's configuration; then ask without a ticket",
			});
		},
	}),
];
