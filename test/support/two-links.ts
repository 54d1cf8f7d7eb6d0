import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { ExecutionContext } from "ava";

const execute = promisify(execFile);

/** The hosts, each a namespace of its own: where it is, and its address there. Addresses of the documentation (RFC 5737). */
const HOSTS = {
	coordinator: ["near", "192.0.2.1"],
	accomplice: ["near", "192.0.2.66"],
	relay: ["far", "198.51.100.2"],
	machine: ["far", "198.51.100.10"],
	node: ["far", "198.51.100.20"],
	liar: ["far", "198.51.100.30"],
	stranger: ["third", "203.0.113.10"],
} as const;
export type HostName = keyof typeof HOSTS;
const LINKS = { near: "192.0.2.254", far: "198.51.100.254", third: "203.0.113.254" } as const;

/** Three links that a router joins, with hosts on them. The stranger is alone on the third. */
export interface TwoLinks {
	readonly address: (host: HostName) => string;
	/** Words before a command that make it run on a host. */
	readonly on: (host: HostName | "router") => readonly string[];
	/** Runs a command there to its end, and gives what it wrote. */
	readonly run: (host: HostName | "router", ...words: string[]) => Promise<string>;
	/** The MAC of a host's NIC. */
	readonly mac: (host: HostName) => Promise<string>;
}

/** Makes the network; it is gone at the end of the test. */
export function makeTwoLinks(t: Pick<ExecutionContext, "teardown">): TwoLinks {
	const stem = `rc${randomBytes(3).toString("hex")}`;
	const names = [...Object.keys(HOSTS), ...Object.keys(LINKS), "router"];
	const space = (name: string): string => `${stem}-${name}`;
	const ip = (...words: string[]): void => void execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
	t.teardown(() => {
		for (const name of names) {
			try {
				ip("netns", "delete", space(name));
			} catch {
				// It was never made.
			}
		}
	});
	for (const name of names) {
		ip("netns", "add", space(name));
		ip("-n", space(name), "link", "set", "lo", "up");
	}
	const join = (name: string, link: string, device: string, address: string): void => {
		ip("-n", space(link), "link", "add", `to-${name}`, "type", "veth", "peer", "name", device, "netns", space(name));
		ip("-n", space(link), "link", "set", `to-${name}`, "master", "bridge", "up");
		ip("-n", space(name), "address", "add", `${address}/24`, "dev", device);
		ip("-n", space(name), "link", "set", device, "up");
	};
	for (const [link, address] of Object.entries(LINKS)) {
		ip("-n", space(link), "link", "add", "bridge", "type", "bridge");
		ip("-n", space(link), "link", "set", "bridge", "up");
		join("router", link, link, address);
	}
	for (const [name, [link, address]] of Object.entries(HOSTS)) {
		join(name, link, "eth0", address);
		ip("-n", space(name), "route", "add", "default", "via", LINKS[link]);
	}
	const on = (host: string): readonly string[] => ["ip", "netns", "exec", space(host)];
	const run = async (host: string, ...words: string[]): Promise<string> => {
		const [program = "", ...rest] = [...on(host), ...words];
		return (await execute(program, rest)).stdout.trim();
	};
	execFileSync("ip", ["netns", "exec", space("router"), "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
	return { address: (host) => HOSTS[host][1], on, run, mac: (host) => run(host, "cat", "/sys/class/net/eth0/address") };
}
