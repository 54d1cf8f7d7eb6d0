import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import type { CoordinatorConfig } from "../config.ts";

/** Names and addresses under which somebody may reach this coordinator: where it listens, what it tells, and this host. */
export function listenerNames({ http, nats, advertise, tls }: CoordinatorConfig): string[] {
	const listens = [http.host, ...("embedded" in nats ? [nats.embedded.host] : [])];
	const everywhere = listens.some((host) => host === "0.0.0.0" || host === "::");
	const own = Object.values(networkInterfaces()).flatMap((addresses = []) =>
		addresses.map(({ address }) => address.replace(/%.*$/, "")),
	);
	const names = [
		...["localhost", "127.0.0.1", "::1", hostname()],
		...listens.filter((host) => host !== "0.0.0.0" && host !== "::"),
		...(everywhere ? own.slice(0, 256) : []),
		...[advertise.http, ...(advertise.nats ?? [])].flatMap((url) => (url === undefined ? [] : [hostOf(url)])),
		...http.names,
		...(typeof tls === "object" && "names" in tls ? tls.names : []),
	];
	return [...new Set(names)].filter((name) => isIP(name) !== 0 || /^(?!-)[a-z0-9.-]{1,253}$/i.test(name));
}

/** The host of a URL, also of one without a scheme, as NATS servers may be named. */
function hostOf(url: string): string {
	return URL.parse(url.includes("://") ? url : `nats://${url}`)?.hostname.replace(/^\[|\]$/g, "") ?? "";
}
