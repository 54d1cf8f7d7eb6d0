import { Mac, normalizeMac } from "@rollcall/protocol";
import { z } from "zod";
import { runCommand } from "../command.ts";

/** Of `ip -json link` (iproute2 5.6 and newer): it names the permanent address only where the present one is another. */
const Links = z.array(z.looseObject({ ifname: z.string(), permaddr: z.string().optional() })).max(4096);

/** Permanent MACs of cards whose present one is another (of a team, or set by a person), by interface. Empty where no `ip` tells. */
export async function askPermanentMacs(): Promise<ReadonlyMap<string, Mac>> {
	const { stdout } = await runCommand("ip", ["-json", "link", "show"], 2_000);
	return parsePermanentMacs(stdout);
}

/** Reads the output of `ip -json link`; anything else reads as nothing. */
export function parsePermanentMacs(text: string): ReadonlyMap<string, Mac> {
	const links = Links.safeParse(parseJson(text));
	const macs = (links.data ?? []).flatMap(({ ifname, permaddr }) => {
		const mac = Mac.safeParse(normalizeMac(permaddr ?? ""));
		return mac.success ? [[ifname, mac.data] as const] : [];
	});
	return new Map(macs);
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
