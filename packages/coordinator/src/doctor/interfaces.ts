import { execFile } from "node:child_process";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { z } from "zod";

const run = promisify(execFile);
const TIMEOUT_MS = 5_000;

/** A network interface of this computer, with its addresses as text. */
export interface Interface {
	readonly name: string;
	readonly addresses: readonly string[];
	readonly loopback: boolean;
	/** False: it is switched off, or no cable is in. */
	readonly link: boolean;
}

/** `ip -j address show` (ip-address(8)), as far as it is read. */
const Shown = z.array(
	z.object({
		ifname: z.string(),
		flags: z.array(z.string()).default([]),
		operstate: z.string().default("UNKNOWN"),
		addr_info: z.array(z.object({ local: z.string().optional() })).default([]),
	}),
);

/** All interfaces. Node's own list has none without a link; it is taken where there is no ip(8). */
export async function ownInterfaces(): Promise<Interface[]> {
	try {
		const { stdout } = await run("ip", ["-j", "address", "show"], { timeout: TIMEOUT_MS, maxBuffer: 16 * 2 ** 20 });
		return Shown.parse(JSON.parse(stdout)).map(({ ifname, flags, operstate, addr_info }) => ({
			name: ifname,
			addresses: addr_info.flatMap(({ local }) => local ?? []),
			loopback: flags.includes("LOOPBACK"),
			link: flags.includes("UP") && ["UP", "UNKNOWN"].includes(operstate),
		}));
	} catch {
		return Object.entries(networkInterfaces()).map(([name, all = []]) => ({
			name,
			addresses: all.map(({ address }) => address),
			loopback: all.some(({ internal }) => internal),
			link: true,
		}));
	}
}
