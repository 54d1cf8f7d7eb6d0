import { spawnSync } from "node:child_process";
import type { Scope } from "./own-folder.ts";

/** A network of two hosts, each a namespace of its own, on a bridge in a third. Addresses of the documentation (RFC 5737, RFC 3849). */
export interface Lan {
	readonly serverAddress: string;
	/** Its address by IPv6. The client has one of the same network. */
	readonly serverAddress6: string;
	readonly clientAddress: string;
	/** Words before a command that make it run on that host. */
	readonly onServer: readonly string[];
	readonly onClient: readonly string[];
}

let count = 0;

/** Makes the network; removed at the end of the test. */
export function makeLan(t: Scope): Lan {
	const name = `rct${process.pid}-${count++}`;
	const [wire, server, client] = [`${name}w`, `${name}s`, `${name}c`];
	const ip = (...words: string[]): void => {
		const done = spawnSync("ip", words, { encoding: "utf8" });
		if (done.status !== 0) throw new Error(`ip ${words.join(" ")}: ${done.error?.message ?? done.stderr}`);
	};
	t.teardown(() => {
		for (const host of [client, server, wire]) spawnSync("ip", ["netns", "del", host]);
	});
	for (const host of [wire, server, client]) ip("netns", "add", host);
	ip("-n", wire, "link", "add", "bridge", "type", "bridge");
	ip("-n", wire, "link", "set", "bridge", "up");
	for (const [host, address, address6] of [
		[server, "192.0.2.1/24", "2001:db8::1/64"],
		[client, "192.0.2.50/24", "2001:db8::50/64"],
	] as const) {
		const port = host === server ? "server" : "client";
		ip("-n", wire, "link", "add", port, "type", "veth", "peer", "name", "lan", "netns", host);
		ip("-n", wire, "link", "set", port, "master", "bridge", "up");
		ip("-n", host, "link", "set", "lo", "up");
		ip("-n", host, "address", "add", address, "dev", "lan");
		ip("-n", host, "address", "add", address6, "dev", "lan", "nodad");
		ip("-n", host, "link", "set", "lan", "up");
		// Broadcasts go somewhere.
		ip("-n", host, "route", "add", "default", "dev", "lan");
	}
	const inside = (host: string): readonly string[] => ["ip", "netns", "exec", host];
	return {
		serverAddress: "192.0.2.1",
		serverAddress6: "2001:db8::1",
		clientAddress: "192.0.2.50",
		onServer: inside(server),
		onClient: inside(client),
	};
}
