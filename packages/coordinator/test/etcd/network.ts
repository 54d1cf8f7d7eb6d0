import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { ExecutionContext } from "ava";

/** Machines in network namespaces of their own, on one bridge. */
export interface Network {
	/** The command line that runs a program on a machine. */
	on(index: number): readonly string[];
	address(index: number): string;
}

function ip(...args: string[]): void {
	execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Makes such a network; it is gone at the end of the test. */
export function makeNetwork(t: ExecutionContext, machines: number): Network {
	const stem = `rc${randomBytes(3).toString("hex")}`;
	const name = (index: number): string => `${stem}-${index}`;
	const hub = `${stem}-hub`;
	const address = (index: number): string => `192.168.77.${10 + index}`;
	t.teardown(() => {
		for (const one of [hub, ...Array.from({ length: machines }, (_, index) => name(index))]) {
			try {
				ip("netns", "delete", one);
			} catch {
				// It was never made.
			}
		}
	});
	ip("netns", "add", hub);
	ip("-n", hub, "link", "add", "bridge", "type", "bridge");
	ip("-n", hub, "link", "set", "bridge", "up");
	for (let index = 0; index < machines; index++) {
		ip("netns", "add", name(index));
		ip("-n", hub, "link", "add", `to${index}`, "type", "veth", "peer", "name", "eth0", "netns", name(index));
		ip("-n", hub, "link", "set", `to${index}`, "master", "bridge", "up");
		ip("-n", name(index), "address", "add", `${address(index)}/24`, "dev", "eth0");
		ip("-n", name(index), "link", "set", "eth0", "up");
		ip("-n", name(index), "link", "set", "lo", "up");
	}
	return { on: (index) => ["ip", "netns", "exec", name(index)], address };
}
