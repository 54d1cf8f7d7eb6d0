import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import type { CoordinatorConfig } from "../config.ts";

/** What stands for all addresses of a computer. */
const EVERYWHERE = new Set(["0.0.0.0", "::"]);

/**
 * The names and addresses by which this coordinator is called, in lower case: one list, for the requests that it takes and for the
 * certificate that it shows. Where it listens, what it tells, this computer's name, and what the configuration names.
 */
export function ownNames({ http, nats, advertise, boot, tls }: CoordinatorConfig): string[] {
	const own = hostname();
	const urls = [advertise.http, boot?.url, ...(advertise.nats ?? [])].filter((url) => url !== undefined);
	const names = [
		...["localhost", "127.0.0.1", "::1", own, own.split(".")[0] ?? own],
		...listens({ http, nats, boot }).filter((host) => !EVERYWHERE.has(host)),
		...urls.map(hostOf),
		...http.names,
		...(tls !== "off" && "names" in tls ? tls.names : []),
	];
	return [...new Set(names.map((name) => name.toLowerCase()))];
}

/** What a certificate of this coordinator is for: its names, and all addresses of this computer where it listens on all of them. */
export function certifiedNames(config: CoordinatorConfig): string[] {
	const addresses = Object.values(networkInterfaces()).flatMap((some = []) =>
		some.map(({ address }) => address.replace(/%.*$/, "")),
	);
	const all = listens(config).some((host) => EVERYWHERE.has(host)) ? addresses.slice(0, 256) : [];
	const names = new Set([...ownNames(config), ...all]);
	return [...names].filter((name) => isIP(name) !== 0 || /^(?!-)[a-z0-9.-]{1,253}$/.test(name));
}

function listens({ http, nats, boot }: Pick<CoordinatorConfig, "http" | "nats" | "boot">): string[] {
	return [http.host, ...(boot ? [boot.host] : []), ...("embedded" in nats ? [nats.embedded.host] : [])];
}

/** The host of a URL, also of one without a scheme, as NATS servers may be named. */
function hostOf(url: string): string {
	return URL.parse(url.includes("://") ? url : `nats://${url}`)?.hostname.replace(/^\[|\]$/g, "") ?? "";
}
