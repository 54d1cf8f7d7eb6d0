import type { CoordinatorConfig } from "../config.ts";
import { urlHost } from "../render/node.ts";
import type { Interface } from "./interfaces.ts";

/** Something that a coordinator listens on: where it does, and what machines are told. */
export interface Place {
	readonly what: "boot listener" | "API" | "message bus";
	/** The settings that say where it listens, and what machines are told. */
	readonly field: string;
	readonly toldField: string;
	readonly host: string;
	readonly port: number;
	/** True where it does not speak TLS. */
	readonly isPlain: boolean;
	/** Hosts that machines are told; none where nothing fit can be told. */
	readonly told: readonly string[];
	/** The URL that machines are told, where it is one. */
	readonly url?: string;
}

/** An address that means all of them. */
export function isWildcard(host: string): boolean {
	return host === "0.0.0.0" || host === "::";
}

/** Everything that a coordinator with this configuration listens on, the boot listener first. */
export function placesOf({ boot, http, nats, advertise, tls }: CoordinatorConfig): Place[] {
	const place = (
		what: Place["what"],
		[field, toldField]: readonly [string, string],
		{ host, port }: { host: string; port: number },
		urls: readonly string[],
	): Place => {
		const isPlain = tls === "off" || what === "boot listener";
		const scheme = what === "message bus" ? (isPlain ? "nats" : "tls") : isPlain ? "http" : "https";
		const told = urls.length > 0 ? urls.map(hostOf) : isWildcard(host) ? [] : [host];
		const url = urls[0] ?? (isWildcard(host) ? undefined : `${scheme}://${urlHost(host)}:${port}`);
		return { what, field, toldField, host, port, told, isPlain, ...(url === undefined ? {} : { url }) };
	};
	return [
		...(boot ? [place("boot listener", ["boot.host", "boot.url"], boot, boot.url ? [boot.url] : [])] : []),
		place("API", ["http.host", "advertise.http"], http, advertise.http ? [advertise.http] : []),
		...("embedded" in nats
			? [place("message bus", ["nats.embedded.host", "advertise.nats"], nats.embedded, advertise.nats ?? [])]
			: []),
	];
}

/** The host of a URL, also of one without a scheme, as NATS servers may be named. */
function hostOf(url: string): string {
	const parsed = URL.parse(url.includes("://") ? url : `nats://${url}`);
	return parsed?.hostname.replace(/^\[|\]$/g, "") ?? url;
}

/** The interface that has an address. */
export function interfaceOf(interfaces: readonly Interface[], host: string): Interface | undefined {
	return interfaces.find(({ addresses }) => addresses.includes(host));
}

/** Addresses that machines may reach this computer at, each with its interface. */
export function usableAddresses(interfaces: readonly Interface[]): { name: string; address: string }[] {
	return interfaces
		.filter(({ loopback }) => !loopback)
		.flatMap(({ name, addresses }) =>
			addresses.filter((address) => !/^(?:fe80:|169\.254\.)/i.test(address)).map((address) => ({ name, address })),
		);
}

/** The same in words: `192.0.2.1 (eth1)`. */
export function usableText(interfaces: readonly Interface[]): string {
	const all = usableAddresses(interfaces).slice(0, 8);
	return all.length > 0 ? all.map(({ name, address }) => `${address} (${name})`).join(", ") : "no address at all";
}

/** The interface of the machines' network: the one whose address the boot listener is told at, or the API. */
export function machinesInterface(places: readonly Place[], interfaces: readonly Interface[]): Interface | undefined {
	const hosts = places.flatMap(({ host, told }) => [...told, host]);
	return hosts.map((host) => interfaceOf(interfaces, host)).find((found) => found && !found.loopback);
}
