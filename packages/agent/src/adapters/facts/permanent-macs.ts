import { type Mac, normalizeMac } from "@rollcall/protocol";
import { runCommand } from "../command.ts";
import { IpLinks } from "./ip-links.ts";

/** Permanent MACs of cards whose present one is another (of a team, or set by a person), by interface. Empty where no `ip` tells. */
export async function askPermanentMacs(): Promise<ReadonlyMap<string, Mac>> {
	const { stdout } = await runCommand("ip", ["-json", "link", "show"], 2_000);
	return parsePermanentMacs(stdout);
}

/** Reads the output of `ip -json link`; anything else reads as nothing. */
export function parsePermanentMacs(text: string): ReadonlyMap<string, Mac> {
	const links = IpLinks.safeParse(parseJson(text));
	const macs = (links.data ?? []).flatMap(({ ifname, permaddr }) => {
		const mac = normalizeMac(permaddr ?? "");
		return mac ? [[ifname, mac] as const] : [];
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
