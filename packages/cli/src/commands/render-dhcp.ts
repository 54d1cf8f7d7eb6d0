import { isIPv4 } from "node:net";
import { DhcpBootOptions, definedFields } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";
import { type AddCommand, printJson } from "../session.ts";
import { collect, type DhcpRange, optionFailure, parseRange } from "./dhcp-options.ts";
import { parseDuration } from "./values.ts";

const AFTER = (server: "dhcpd" | "kea"): string => `
Without --range: ${server === "dhcpd" ? "lines to include at the top level of a dhcpd.conf" : "client classes to add to a configuration"} that is there already. With it: the whole of a
small configuration for an isolated network. Firmware loads iPXE by TFTP, UEFI that boots by HTTP loads it from the assets
below ipxe/; iPXE goes on to the boot listener.

Examples:
  rollcall render ${server} --url http://192.0.2.1:7480
  rollcall render ${server} --url http://192.0.2.1:7480 --range 192.0.2.100-192.0.2.200 --router 192.0.2.1`;

interface Options {
	readonly url: string;
	readonly tftp?: string;
	readonly range?: DhcpRange;
	readonly netmask?: string;
	readonly interface?: string;
	readonly lease?: number;
	readonly router?: string;
	readonly dns?: readonly string[];
	readonly domain?: string;
	readonly bios?: string;
	readonly uefi?: string;
	readonly arm64?: string;
	readonly uefi32?: string;
}

/** `rollcall render dhcpd` and `rollcall render kea`. */
export const addRenderDhcp: AddCommand = (render, run) => {
	for (const [server, what] of [
		["dhcpd", "lines for ISC's dhcpd that bring machines to the boot listener"],
		["kea", "a configuration for Kea's DHCPv4 server that brings machines to the boot listener"],
	] as const)
		render
			.command(server)
			.description(what)
			.requiredOption("--url <url>", "the boot listener as machines reach it")
			.option("--tftp <address>", "the TFTP server with the iPXE programs (default: the boot listener's address)")
			.option("--range <first-last>", "addresses that are given out", parseRange)
			.option("--netmask <mask>", "the network's mask (default: 255.255.255.0)")
			.option("--interface <name>", "kea: listen on this interface only")
			.option("--lease <time>", "life of a lease, like 1h", parseDuration)
			.option("--router <address>", "the default gateway")
			.option("--dns <address>", "a DNS server; can be repeated, at most 3", collect)
			.option("--domain <name>", "the DNS domain")
			.option("--bios <file>", "iPXE for BIOS (default: undionly.kpxe)")
			.option("--uefi <file>", "iPXE for UEFI on x86-64 (default: ipxe.efi)")
			.option("--arm64 <file>", "iPXE for UEFI and U-Boot on arm64 (default: ipxe-arm64.efi)")
			.option("--uefi32 <file>", "iPXE for UEFI of 32 bits; without it such machines are not served")
			.addHelpText("after", AFTER(server))
			.action((options: Options, command) =>
				run(command, async (session) => {
					const text = await configuration(server, options);
					if (session.json) printJson(session, { text });
					else session.out.write(text);
					return undefined;
				}),
			);
};

async function configuration(server: "dhcpd" | "kea", options: Options): Promise<string> {
	const { url, tftp, range, netmask, lease, dns, bios, uefi, arm64, uefi32, router, domain } = options;
	const asked = {
		url,
		tftpServer: tftp ?? hostOf(url),
		...definedFields({ interface: options.interface, leaseSeconds: lease, router, dns, domain }),
		...(range ? { range: { ...range, ...definedFields({ netmask }) } } : {}),
		programs: definedFields({ bios, uefi, arm64, uefi32 }),
	};
	const parsed = DhcpBootOptions.safeParse(asked);
	if (!parsed.success) throw optionFailure(parsed.error, { server: server, options: asked });
	const { dhcpdText, keaText, Unencodable } = await import("../offline/core.ts");
	try {
		return server === "dhcpd" ? dhcpdText(parsed.data) : keaText(parsed.data);
	} catch (error) {
		if (error instanceof Unencodable) throw usageFailure(error.message);
		throw error;
	}
}

function hostOf(url: string): string {
	const host = URL.canParse(url) ? new URL(url).hostname : "";
	if (isIPv4(host)) return host;
	throw usageFailure(`--tftp is missing: ${url} names no IPv4 address`, "give the TFTP server's address");
}
