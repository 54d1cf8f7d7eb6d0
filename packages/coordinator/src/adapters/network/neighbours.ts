import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { isIPv4, isIPv6 } from "node:net";
import { endianness } from "node:os";
import { promisify } from "node:util";
import { type Mac, normalizeMac, parseAddress } from "@rollcall/protocol";

const run = promisify(execFile);
/** A look into the kernel's table takes milliseconds. */
const TIMEOUT_MS = 1_000;
/** Not /proc/net, which the sandbox of the unit leaves out (`ProcSubset=pid`). */
const ARP_TABLE = "/proc/self/net/arp";
const ROUTES = "/proc/self/net/route";
/** A route of /proc/net/route that leads over a gateway (RTF_GATEWAY of <linux/route.h>). */
const OVER_GATEWAY = 0x2;
/** An entry of /proc/net/arp that the kernel has resolved (ATF_COM of <linux/if_arp.h>). */
const COMPLETE = 0x2;

/**
 * The MAC that an address has on a link of this host, by the kernel's neighbour table (proc_net(5), ip-neighbour(8)); undefined where
 * the address is not on a link of ours, or nothing is known of it. Whoever speaks TCP to us just now has been resolved.
 *
 * What the table says of an address that a router leads to does not count: any host of a link can write that into it, by a question
 * (RFC 826) that names the address as its own.
 */
export async function neighbourMac(remote: string): Promise<Mac | undefined> {
	const address = withoutMapping(remote);
	try {
		// A look into memory of the kernel: through the thread pool it would take four turns of the event loop, which are long in a storm.
		if (isIPv4(address)) {
			const device = linkOf(readFileSync(ROUTES, "utf8"), address);
			return device === undefined ? undefined : inArpTable(readFileSync(ARP_TABLE, "utf8"), address, device);
		}
		if (isIPv6(address.split("%")[0] ?? "")) return await inNeighbourTable(address.split("%")[0] ?? "");
	} catch {
		// Without the table nothing is observed, and the machine stays one that only claims.
	}
	return undefined;
}

/** A peer's address without the prefix by which a listener for both versions names one of IPv4 (RFC 4291, section 2.5.5.2). */
export function withoutMapping(remote: string): string {
	return remote.replace(/^::ffff:(?=\d+\.)/i, "");
}

/** The device whose link an IPv4 address is on, by the text of /proc/net/route; undefined where a router leads to it, or nothing. */
export function linkOf(routes: string, address: string): string | undefined {
	const wanted = parseAddress(address)?.value;
	let best = { mask: -1n, metric: 0, device: undefined as string | undefined };
	for (const line of routes.split("\n").slice(1)) {
		const [device, destination = "", , flags = "", , , metricText, maskText = ""] = line.trim().split(/\s+/);
		const [base, mask] = [hostOrder(destination), hostOrder(maskText)];
		if (wanted === undefined || base === undefined || mask === undefined || (wanted & mask) !== base) continue;
		const isOver = (Number.parseInt(flags, 16) & OVER_GATEWAY) !== 0;
		const metric = Number(metricText);
		const isBetter = mask === best.mask ? metric < best.metric : mask > best.mask;
		if (isBetter) best = { mask, metric, device: isOver ? undefined : device };
	}
	return best.device;
}

/** A number of /proc/net/route: an address in the order of the network, read as one of this computer. */
function hostOrder(text: string): bigint | undefined {
	if (!/^[0-9A-F]{8}$/i.test(text)) return undefined;
	const bytes = Buffer.from(text, "hex");
	return BigInt(endianness() === "LE" ? bytes.readUInt32LE() : bytes.readUInt32BE());
}

/** Finds an IPv4 address of one device in the text of /proc/net/arp. */
export function inArpTable(table: string, address: string, device: string): Mac | undefined {
	for (const line of table.split("\n").slice(1)) {
		if (!line.startsWith(address)) continue;
		const [ip, , flags = "0", text = "", , on] = line.trim().split(/\s+/);
		if (ip === address && on === device && (Number.parseInt(flags, 16) & COMPLETE) !== 0) return normalizeMac(text);
	}
	return undefined;
}

async function inNeighbourTable(address: string): Promise<Mac | undefined> {
	const routed = await run("ip", ["-j", "-6", "route", "get", address], { timeout: TIMEOUT_MS });
	const [route] = JSON.parse(routed.stdout || "[]") as { gateway?: string; dev?: string }[];
	if (route?.dev === undefined || route.gateway !== undefined) return undefined;
	const { stdout } = await run("ip", ["-j", "-6", "neighbour", "show", "to", address, "dev", route.dev], {
		timeout: TIMEOUT_MS,
	});
	const entries = JSON.parse(stdout || "[]") as { lladdr?: string; state?: string[] }[];
	const macs = new Set(
		entries.flatMap(({ lladdr, state = [] }) =>
			lladdr === undefined || state.includes("FAILED") ? [] : (normalizeMac(lladdr) ?? []),
		),
	);
	const [only, another] = macs;
	return another === undefined ? only : undefined;
}
