import { DnsmasqOptions, definedFields } from "@rollcall/protocol";
import type { AddCommand, Session } from "../session.ts";
import { tell } from "../terminal.ts";
import {
	addDhcpOptions,
	type DhcpRange,
	type DhcpServerOptions,
	optionFailure,
	parseRange,
	printConfiguration,
	sharedFields,
} from "./dhcp-options.ts";

const AFTER = `
proxy: beside a DHCP server that is there already; --range names an address of the network. full: the only DHCP server of
an isolated network; --range names the first and the last address that it gives out. Firmware for BIOS, UEFI and arm64
loads iPXE by TFTP, UEFI that boots by HTTP loads it from the assets below ipxe/ (full only); iPXE goes on to the boot listener.

Examples:
  rollcall render dnsmasq --mode proxy --url http://192.0.2.1:7480 --range 192.0.2.0
  rollcall render dnsmasq --mode full --url http://192.0.2.1:7480 --range 192.0.2.100-192.0.2.200 \\
    --interface br-lab --router 192.0.2.254 --dns 192.0.2.254 > /etc/dnsmasq.d/rollcall.conf`;

interface Options extends DhcpServerOptions {
	readonly mode: string;
	readonly range: DhcpRange;
	readonly tftpRoot?: string;
}

/** `rollcall render dnsmasq`. */
export const addRenderDnsmasq: AddCommand = (render, run) => {
	const command = render
		.command("dnsmasq")
		.description("a dnsmasq configuration that brings machines to the boot listener")
		.requiredOption("--mode <mode>", "proxy or full");
	addDhcpOptions(command, { only: "full: " })
		.requiredOption("--range <first[-last]>", "addresses, see below", parseRange)
		.option("--tftp-root <folder>", "where the iPXE programs are (default: /var/lib/tftpboot)")
		.addHelpText("after", AFTER)
		.action((options: Options, command) =>
			run(command, (session) => printConfiguration(session, () => dnsmasq(session, options))),
		);
};

async function dnsmasq(session: Session, options: Options): Promise<string> {
	const { mode, range, netmask, tftpRoot } = options;
	const asked = {
		...sharedFields(options),
		mode,
		range: { ...range, ...definedFields({ netmask }) },
		...definedFields({ tftpRoot }),
	};
	const parsed = DnsmasqOptions.safeParse(asked);
	if (!parsed.success) throw optionFailure(parsed.error, { server: "dnsmasq", options: asked });
	const { hostname } = new URL(parsed.data.url);
	// On the coordinator's computer this dnsmasq is the only one, as a rule, and it has no DNS.
	if (mode === "full" && parsed.data.dns.includes(hostname))
		tell(
			session.err,
			`this dnsmasq answers no DNS (port=0): --dns ${hostname} is right only where something else does there; else name who does, such as the network's router`,
		);
	const { dnsmasqText } = await import("../offline/core.ts");
	return dnsmasqText(parsed.data);
}
