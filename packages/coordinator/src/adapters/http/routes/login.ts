import { LoginView } from "@rollcall/protocol";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { NOTHING } from "./parameters.ts";

/** The route that tells how people sign in. It needs no token, since nobody can have one before. */
export const LOGIN_ROUTES: readonly Route[] = [
	route({
		method: "GET",
		path: "/v1/login",
		summary: "Where people sign in, and as which client",
		scope: "public",
		leads: false,
		params: NOTHING,
		query: NOTHING,
		body: null,
		status: 200,
		response: LoginView,
		example: { issuer: "https://id.example.org", clientId: "rollcall", scopes: ["openid", "offline_access"] },
		refusals: ["not-found"],
		answer({ people }) {
			if (people) return people.login;
			throw refuse("not-found", "people do not sign in here", {
				next: "use a token, or have `oidc` written into the coordinator's configuration",
			});
		},
	}),
];
