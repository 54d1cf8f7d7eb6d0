import { execFileSync } from "node:child_process";
import type { Cleanup } from "../cleanup.ts";

/** Benchmarking addresses (RFC 2544), in namespaces of our own. */
const SERVER = "198.18.0.1";
const CLIENT = "198.18.0.2";

/** Two hosts on one wire. */
export interface Wire {
	/** The server's address, from both hosts. */
	readonly address: string;
	/** The words in front of a command that make it run on that host. */
	readonly onServer: readonly string[];
	readonly onClient: readonly string[];
	/** How fast the server can send, in bits a second; undefined: as fast as it goes. */
	shape(bitsPerSecond: number | undefined): void;
}

/**
 * Makes two network namespaces with a cable between them; removed with the cleanup. Needs root and iproute2; throws where
 * they are missing.
 */
export function joinHosts(cleanup: Cleanup): Wire {
	const name = `rcb${process.pid}`;
	const [server, client] = [`${name}s`, `${name}c`];
	const ip = (...words: string[]): void => void execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
	for (const host of [server, client]) {
		ip("netns", "add", host);
		cleanup.add(() => ip("netns", "del", host));
		ip("-n", host, "link", "set", "lo", "up");
	}
	ip("-n", server, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", client);
	for (const [host, address] of [
		[server, SERVER],
		[client, CLIENT],
	] as const) {
		ip("-n", host, "address", "add", `${address}/24`, "dev", "wire");
		ip("-n", host, "link", "set", "wire", "up");
	}
	return {
		address: SERVER,
		onServer: ["ip", "netns", "exec", server],
		onClient: ["ip", "netns", "exec", client],
		shape: (bits) => {
			const rule = bits === undefined ? ["pfifo"] : ["tbf", "rate", `${bits}`, "burst", "256kb", "latency", "50ms"];
			execFileSync("tc", ["-n", server, "qdisc", "replace", "dev", "wire", "root", ...rule]);
		},
	};
}
