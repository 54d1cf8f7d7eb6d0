import { isKnownHost } from "../../domain/known-host.ts";
import type { Api } from "./dependencies.ts";
import { refuse } from "./problem.ts";

/** Refuses a request whose Host names another server, so that no web page reaches the API through a browser on this network (DNS rebinding). Throws a Refusal. */
export function checkHost({ config }: Pick<Api, "config">, host: string | undefined): void {
	if (isKnownHost(host, config.hosts)) return;
	throw refuse("wrong-host", "this request is for a name that is none of this coordinator's", {
		path: "host",
		next: "call it by an address, or write the name to http.names of the coordinator's configuration",
	});
}

/**
 * The same for what asks for a WebSocket, which names its host always (RFC 6455, 4.1): Node refuses no such request for a missing one, as it
 * does any other. Throws a Refusal.
 */
export function checkNamedHost(api: Pick<Api, "config">, host: string | undefined): void {
	if (!host)
		throw refuse("wrong-host", "this request names no host", {
			path: "host",
			next: "send the Host header, as every WebSocket client does",
		});
	checkHost(api, host);
}
