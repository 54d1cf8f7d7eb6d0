import type { Facts } from "@rollcall/protocol";
import type { Source } from "./read-text.ts";

type Dns = Facts["dns"];

/**
 * Where a local resolver writes the servers that it asks itself: systemd-resolved, NetworkManager (with dnsmasq, with resolved),
 * dnsmasq by resolvconf, ConnMan.
 */
const UPSTREAM = [
	"/run/systemd/resolve/resolv.conf",
	"/run/NetworkManager/no-stub-resolv.conf",
	"/run/dnsmasq/resolv.conf",
	"/run/connman/resolv.conf",
	"/run/NetworkManager/resolv.conf",
];

/**
 * Name servers and search domains (resolv.conf(5)). Where only the machine itself answers (127.0.0.53, or 127.0.0.1 of a dnsmasq),
 * or nobody is named, those count that the local resolver asks: a pod does not reach the machine's loopback.
 */
export function readDns(source: Source): Dns {
	const own = parse(source.text("/etc/resolv.conf"));
	if (own.servers.some((server) => !isLoopback(server))) return own;
	for (const path of UPSTREAM) {
		const upstream = parse(source.text(path));
		const servers = upstream.servers.filter((server) => !isLoopback(server));
		if (servers.length > 0) return { servers, search: own.search.length > 0 ? own.search : upstream.search };
	}
	return own;
}

/** The last `search` or `domain` line counts; `search .` stands for none. */
function parse(text = ""): Dns {
	const servers: string[] = [];
	let search: string[] = [];
	for (const line of text.split("\n")) {
		const [word, ...values] = line
			.replaceAll(/\p{Cc}/gu, " ")
			.trim()
			.split(/\s+/);
		if (word === "nameserver" && values[0] && values[0].length <= 64 && !servers.includes(values[0]))
			servers.push(values[0]);
		if (word === "search" || word === "domain") search = values.filter((value) => value !== "." && value.length <= 253);
	}
	return { servers: servers.slice(0, 16), search: search.slice(0, 32) };
}

function isLoopback(server: string): boolean {
	return /^(?:127\.|0\.0\.0\.0$|::1$|::$|::ffff:127\.)/i.test(server.split("%")[0] ?? "");
}
