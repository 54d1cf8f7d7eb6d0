import { isIPv4 } from "node:net";
import { DhcpBootOptions, definedFields } from "@rollcall/protocol";
import { usageFailure } from "../errors.ts";
import type { AddCommand } from "../session.ts";
import {
	addDhcpOptions,
	type DhcpRange,
	type DhcpServerOptions,
	optionFailure,
	parseRange,
	printConfiguration,
	sharedFields,
} from "./dhcp-options.ts";

const AFTER = (server: "dhcpd" | "kea"): string => `
Without --range: ${server === "dhcpd" ? "lines to include at the top level of a dhcpd.conf" : "client classes to add to a configuration"} that is there already. With it: the whole of a
small configuration for an isolated network. Firmware loads iPXE by TFTP, UEFI that boots by HTTP loads it from the assets
below ipxe/; iPXE goes on to the boot listener.

Examples:
  rollcall render ${server} --url http://192.0.2.1:7480
  rollcall render ${server} --url http://192.0.2.1:7480 --range 192.0.2.100-192.0.2.200 --router 192.0.2.1`;

interface Options extends DhcpServerOptions {
	readonly tftp?: string;
	readonly range?: DhcpRange;
}

/** `rollcall render dhcpd` and `rollcall render kea`. */
export const addRenderDhcp: AddCommand = (render, run) => {
	for (const [server, what] of [
		["dhcpd", "lines for ISC's dhcpd that bring machines to the boot listener"],
		["kea", "a configuration for Kea's DHCPv4 server that brings machines to the boot listener"],
	] as const)
		addDhcpOptions(render.command(server).description(what), { interfaceOf: "kea: " })
			.option("--tftp <address>", "the TFTP server with the iPXE programs (default: the boot listener's address)")
			.option("--range <first-last>", "addresses that are given out", parseRange)
			.addHelpText("after", AFTER(server))
			.action((options: Options, command) =>
				run(command, (session) => printConfiguration(session, () => configuration(server, options))),
			);
};

async function configuration(server: "dhcpd" | "kea", options: Options): Promise<string> {
	const { url, tftp, range, netmask } = options;
	const asked = {
		...sharedFields(options),
		tftpServer: tftp ?? hostOf(url),
		...(range ? { range: { ...range, ...definedFields({ netmask }) } } : {}),
	};
	const parsed = DhcpBootOptions.safeParse(asked);
	if (!parsed.success) throw optionFailure(parsed.error, { server, options: asked });
	const { dhcpdText, keaText } = await import("../offline/core.ts");
	return server === "dhcpd" ? dhcpdText(parsed.data) : keaText(parsed.data);
}

function hostOf(url: string): string {
	const host = URL.canParse(url) ? new URL(url).hostname : "";
	if (isIPv4(host)) return host;
	throw usageFailure(`--tftp is missing: ${url} names no IPv4 address`, "give the TFTP server's address");
}
