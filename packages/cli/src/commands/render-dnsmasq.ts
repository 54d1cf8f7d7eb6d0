import { DnsmasqOptions, definedFields } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";
import { type AddCommand, printJson } from "../session.ts";
import { collect, type DhcpRange, optionFailure, parseRange } from "./dhcp-options.ts";
import { parseDuration } from "./values.ts";

const AFTER = `
proxy: beside a DHCP server that is there already; --range names an address of the network. full: the only DHCP server of
an isolated network; --range names the first and the last address that it gives out. Firmware for BIOS, UEFI and arm64
loads iPXE by TFTP, UEFI that boots by HTTP loads it from the assets below ipxe/ (full only); iPXE goes on to the boot listener.

Examples:
  rollcall render dnsmasq --mode proxy --url http://192.0.2.1:7480 --range 192.0.2.0
  rollcall render dnsmasq --mode full --url http://192.0.2.1:7480 --range 192.0.2.100-192.0.2.200 \\
    --interface br-lab --router 192.0.2.1 --dns 192.0.2.1 > /etc/dnsmasq.d/rollcall.conf`;

interface Options {
	readonly mode: string;
	readonly url: string;
	readonly range: DhcpRange;
	readonly netmask?: string;
	readonly interface?: string;
	readonly tftpRoot?: string;
	readonly lease?: number;
	readonly router?: string;
	readonly dns?: readonly string[];
	readonly domain?: string;
	readonly bios?: string;
	readonly uefi?: string;
	readonly arm64?: string;
	readonly uefi32?: string;
}

/** `rollcall render dnsmasq`. */
export const addRenderDnsmasq: AddCommand = (render, run) => {
	render
		.command("dnsmasq")
		.description("a dnsmasq configuration that brings machines to the boot listener")
		.requiredOption("--mode <mode>", "proxy or full")
		.requiredOption("--url <url>", "the boot listener as machines reach it")
		.requiredOption("--range <first[-last]>", "addresses, see below", parseRange)
		.option("--netmask <mask>", "the network's mask (default: 255.255.255.0)")
		.option("--interface <name>", "listen on this interface only")
		.option("--tftp-root <folder>", "where the iPXE programs are (default: /var/lib/tftpboot)")
		.option("--lease <time>", "full: life of a lease, like 1h", parseDuration)
		.option("--router <address>", "full: the default gateway")
		.option("--dns <address>", "full: a DNS server; can be repeated, at most 3", collect)
		.option("--domain <name>", "full: the DNS domain")
		.option("--bios <file>", "iPXE for BIOS below the TFTP folder (default: undionly.kpxe)")
		.option("--uefi <file>", "iPXE for UEFI on x86-64 (default: ipxe.efi)")
		.option("--arm64 <file>", "iPXE for UEFI on arm64 (default: ipxe-arm64.efi)")
		.option("--uefi32 <file>", "iPXE for UEFI of 32 bits; without it such machines are not served")
		.addHelpText("after", AFTER)
		.action((options: Options, command) =>
			run(command, async (session) => {
				const text = await dnsmasq(options);
				if (session.json) printJson(session, { text });
				else session.out.document(text);
				return undefined;
			}),
		);
};

async function dnsmasq(options: Options): Promise<string> {
	const { mode, url, range, netmask, lease, dns, bios, uefi, arm64, uefi32, ...rest } = options;
	const asked = {
		mode,
		url,
		range: { ...range, ...definedFields({ netmask }) },
		...definedFields({ interface: rest.interface, tftpRoot: rest.tftpRoot, leaseSeconds: lease, dns }),
		...definedFields({ router: rest.router, domain: rest.domain }),
		programs: definedFields({ bios, uefi, arm64, uefi32 }),
	};
	const parsed = DnsmasqOptions.safeParse(asked);
	if (!parsed.success) throw optionFailure(parsed.error, { server: "dnsmasq", options: asked });
	const { dnsmasqText, Unencodable } = await import("../offline/core.ts");
	try {
		return dnsmasqText(parsed.data);
	} catch (error) {
		if (error instanceof Unencodable) throw usageFailure(error.message);
		throw error;
	}
}
