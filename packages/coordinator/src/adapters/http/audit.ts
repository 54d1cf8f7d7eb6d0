import type { Asked } from "../../domain/change.ts";
import { remoteKey } from "../../rate/rate-limit.ts";
import type { Api, Caller } from "./dependencies.ts";
import { Refusal } from "./problem.ts";
import { isKeyed, type Route } from "./route.ts";

/** What is counted as refused for want of a right. */
const FOR_WANT_OF_RIGHTS: ReadonlySet<string> = new Set([
	"unauthorized",
	"forbidden",
	"token-revoked",
	"token-expired",
]);

/** Who asks for what, from where. */
export interface Asking {
	readonly caller: Caller;
	readonly remote: string;
	/** What it is about, where the path or the query says so. */
	readonly about?: string | undefined;
}

/** The API as a route that changes something gets it: each input goes to the core together with who asked for it. */
export function audited(api: Api, route: Route, { caller, remote, about }: Asking): Api {
	if (!isKeyed(route)) return api;
	const name = `${route.method} ${route.path}`;
	const asked: Asked = { by: caller.name, scope: caller.scope, from: remote, route: name, about };
	const { core } = api;
	return {
		...api,
		core: {
			fleet: () => core.fleet(),
			submit: (input) => core.submit(input, asked),
			beat: (machineId, beat) => core.beat(machineId, beat),
			leadership: () => core.leadership(),
			actsIn: () => core.actsIn(),
			ready: () => core.ready(),
			events: (after, limit) => core.events(after, limit),
			subscribe: (listener) => core.subscribe(listener),
		},
	};
}

/** Records a change that a route makes without the core. A coordinator that follows cannot write to the event log; then the change is in its own log of messages. */
export async function noteChange(api: Api, route: Route, { caller, remote, about }: Asking): Promise<void> {
	if (!route.noted) return;
	if (api.core.leadership().leads) {
		const { core } = audited(api, route, { caller, remote, about });
		const answer = await core.submit({ kind: "change-noted" });
		if (answer.kind !== "problem") return;
	}
	const { method, path } = route;
	api.log.info({ by: caller.name, remote, about, method, path }, "changed through the API, and not in the event log");
}

/** Counts a request that was refused for want of a right. */
export function countRefused(
	{ access }: Pick<Api, "access">,
	error: unknown,
	{ caller, remote, route }: { caller?: Caller | undefined; remote: string | undefined; route: string },
): void {
	if (!(error instanceof Refusal) || !FOR_WANT_OF_RIGHTS.has(error.problem.code)) return;
	access.refused({ by: caller?.name, from: remoteKey(remote), route, code: error.problem.code });
}
