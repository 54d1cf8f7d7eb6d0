import { hostname } from "node:os";
import type { CoordinatorConfig } from "../config.ts";

/** The names that a request may be meant for, in lower case: this computer's, what the configuration names and advertises. */
export function knownHosts({ http, tls, advertise, boot }: CoordinatorConfig): ReadonlySet<string> {
	const own = hostname().toLowerCase();
	const urls = [advertise.http, boot?.url].filter((url) => url !== undefined);
	const listed = [...http.names, ...(tls !== "off" && "names" in tls ? tls.names : []), http.host, boot?.host ?? ""];
	return new Set([
		"localhost",
		own,
		own.split(".")[0] ?? own,
		...listed.map((name) => name.toLowerCase()),
		...urls.map((url) => new URL(url).hostname.toLowerCase()),
	]);
}
