import { type BootPlaceholder, type BootRequest, ownValue } from "@rollcall/protocol";

/** What the URLs of one machine's boot are made of. */
export interface BootUrls {
	/** The boot listener as machines reach it, without a slash at the end: `http://192.0.2.1:8080`. */
	readonly base: string;
	readonly request: BootRequest;
	/** Labels that go along besides uuid and mac: those that the group was chosen by. */
	readonly labels: readonly string[];
	readonly token?: string | undefined;
}

/** `?uuid=...&mac=...&token=...`: who the machine is, for its next requests. */
export function machineQuery(urls: BootUrls, extra: Readonly<Record<string, string>> = {}): string {
	const { request, token } = urls;
	const pairs = new Map<string, string>();
	if (request.uuid) pairs.set("uuid", request.uuid);
	// Dashes, as iPXE's mac:hexhyp: colons would be escaped.
	if (request.mac) pairs.set("mac", request.mac.replaceAll(":", "-"));
	for (const key of urls.labels) {
		const value = ownValue(request.labels, key);
		if (value !== undefined && key.toLowerCase() !== "mac" && key !== "uuid") pairs.set(key, value);
	}
	if (token) pairs.set("token", token);
	for (const [key, value] of Object.entries(extra)) pairs.set(key, value);
	return `?${[...pairs].map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join("&")}`;
}

/** What `{{...}}` of a kernel argument stands for. */
export function placeholderValue(name: BootPlaceholder, urls: BootUrls): string {
	switch (name) {
		case "base":
			return urls.base;
		case "assets":
			return `${urls.base}/assets`;
		case "ignition":
			return `${urls.base}/ignition${machineQuery(urls)}`;
		case "cloudInit":
			// cloud-init adds user-data and the like. Who asks stands before that: its %s fails where another % is in the URL.
			return `${urls.base}/cloud-init/${machineQuery(urls).slice(1)}/`.replace(/\/+$/, "/");
		case "overlay":
			// Alpine reads the kind of archive off the end of the URL.
			return `${urls.base}/alpine/overlay.apkovl.tar.gz${machineQuery(urls, { format: ".tar.gz" })}`;
	}
}
