import { execFileSync } from "node:child_process";

import type { Scope } from "@rollcall/test-support/own-folder";
import { LabUnavailable } from "./image/debian.ts";

/** A host of its own with a switch: a network namespace with a bridge, and sockets for emulated machines. */
export interface Bridge {
	/** The host's address on the switch, a documentation address (RFC 5737). */
	readonly address: string;
	/** The words before a command that make it run on that host. */
	readonly onHost: readonly string[];
	/** QEMU's arguments for a NIC at one of the switch's sockets, counted from 0. */
	nic(mac: string, socket?: number): readonly string[];
	/** Makes another host with this address on the switch, whose interface is `lan`, too; the words before a command that make it run there. */
	otherHost(address: string): readonly string[];
}

let count = 0;

/** Makes the host; gone with `t`. Throws LabUnavailable where this computer allows no namespaces or TAP devices. */
export function makeBridge(t: Scope, sockets = 1): Bridge {
	const host = `rcl${process.pid}-${count++}`;
	const ip = (...words: string[]): void => void execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
	try {
		ip("netns", "add", host);
		t.teardown(() => ip("netns", "del", host));
		ip("-n", host, "link", "set", "lo", "up");
		ip("-n", host, "link", "add", "lan", "type", "bridge");
		ip("-n", host, "address", "add", "192.0.2.1/24", "dev", "lan");
		for (let socket = 0; socket < sockets; socket++) {
			ip("-n", host, "tuntap", "add", `socket${socket}`, "mode", "tap");
			ip("-n", host, "link", "set", `socket${socket}`, "master", "lan", "up");
		}
		ip("-n", host, "link", "set", "lan", "up");
	} catch (error) {
		throw new LabUnavailable(
			`no network namespace with a TAP device can be made here (${(error as Error).message.slice(0, 300)}); run as root, with iproute2 and /dev/net/tun`,
		);
	}
	let others = 0;
	return {
		otherHost: (address) => {
			const other = `${host}o${others++}`;
			ip("netns", "add", other);
			t.teardown(() => ip("netns", "del", other));
			ip("-n", host, "link", "add", other, "type", "veth", "peer", "name", "lan", "netns", other);
			ip("-n", host, "link", "set", other, "master", "lan", "up");
			for (const link of ["lo", "lan"]) ip("-n", other, "link", "set", link, "up");
			ip("-n", other, "address", "add", `${address}/24`, "dev", "lan");
			return ["ip", "netns", "exec", other];
		},
		address: "192.0.2.1",
		onHost: ["ip", "netns", "exec", host],
		nic: (mac, socket = 0) => [
			...["-netdev", `tap,id=lan,ifname=socket${socket},script=no,downscript=no`],
			...["-device", `virtio-net-pci,netdev=lan,mac=${mac}`],
		],
	};
}
