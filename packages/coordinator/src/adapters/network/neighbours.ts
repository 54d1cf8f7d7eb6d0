import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { isIPv4, isIPv6 } from "node:net";
import { promisify } from "node:util";
import { type Mac, normalizeMac } from "@rollcall/protocol";

const run = promisify(execFile);
/** A look into the kernel's table takes milliseconds. */
const TIMEOUT_MS = 1_000;
/** Not /proc/net, which the sandbox of the unit leaves out (`ProcSubset=pid`). */
const ARP_TABLE = "/proc/self/net/arp";
/** An entry of /proc/net/arp that the kernel has resolved (ATF_COM of <linux/if_arp.h>). */
const COMPLETE = 0x2;

/**
 * The MAC that an address has on a link of this host, by the kernel's neighbour table (proc_net(5), ip-neighbour(8)); undefined where
 * the address is not on a link of ours, or nothing is known of it. Whoever speaks TCP to us just now has been resolved.
 */
export async function neighbourMac(remote: string): Promise<Mac | undefined> {
	const address = remote.replace(/^::ffff:(?=\d+\.)/i, "");
	try {
		// A look into memory of the kernel: through the thread pool it would take four turns of the event loop, which are long in a storm.
		if (isIPv4(address)) return inArpTable(readFileSync(ARP_TABLE, "utf8"), address);
		if (isIPv6(address.split("%")[0] ?? "")) return await inNeighbourTable(address.split("%")[0] ?? "");
	} catch {
		// Without the table nothing is observed, and the machine stays one that only claims.
	}
	return undefined;
}

/** Finds an IPv4 address in the text of /proc/net/arp. Two devices that say different MACs say nothing. */
export function inArpTable(table: string, address: string): Mac | undefined {
	const found = new Set<Mac>();
	for (const line of table.split("\n").slice(1)) {
		if (!line.startsWith(address)) continue;
		const [ip, , flags = "0", text = ""] = line.trim().split(/\s+/);
		if (ip !== address || (Number.parseInt(flags, 16) & COMPLETE) === 0) continue;
		const mac = normalizeMac(text);
		if (mac) found.add(mac);
	}
	const [only, another] = found;
	return another === undefined ? only : undefined;
}

async function inNeighbourTable(address: string): Promise<Mac | undefined> {
	const { stdout } = await run("ip", ["-j", "-6", "neighbour", "show", "to", address], { timeout: TIMEOUT_MS });
	const entries = JSON.parse(stdout || "[]") as { lladdr?: string; state?: string[] }[];
	const macs = new Set(
		entries.flatMap(({ lladdr, state = [] }) =>
			lladdr === undefined || state.includes("FAILED") ? [] : (normalizeMac(lladdr) ?? []),
		),
	);
	const [only, another] = macs;
	return another === undefined ? only : undefined;
}
