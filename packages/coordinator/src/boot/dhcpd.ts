import type { DhcpBootOptions } from "@rollcall/protocol";
import { type DhcpdStatement, type DhcpdValue, dhcpdConfig } from "./dhcpd-config.ts";
import { bootUrls, servedFirmware } from "./firmware.ts";
import { networkOf } from "./network-of.ts";

const say = (...words: DhcpdValue[]): DhcpdStatement => ({ words });
const remark = (text: string): DhcpdStatement => ({ remark: text });

/**
 * What ISC's dhcpd needs to bring machines to the boot listener: lines to include at the top level of a configuration that is
 * there already, and, where addresses to give out are named, a whole small one.
 */
export function dhcpdText(options: DhcpBootOptions): string {
	return dhcpdConfig([
		remark("Network boot. The names begin with rollcall so that they meet no others."),
		say("option", "rollcall-arch", "code", "93", "=", "unsigned", "integer", "16"),
		say("option", "rollcall-ipxe", "code", "175", "=", "string"),
		...bootStatements(options),
		...subnet(options),
	]);
}

/** iPXE, which says who it is by its user class and option 175, gets the script; firmware gets iPXE. */
function bootStatements({ url, tftpServer, programs }: DhcpBootOptions): DhcpdStatement[] {
	const urls = bootUrls(url);
	const isIpxe = ["exists", "rollcall-ipxe", "or", "option", "user-class", "=", { quoted: "iPXE" }] as const;
	const otherwise = servedFirmware(programs).flatMap(({ tftp, http, program }): DhcpdStatement[] => [
		{
			words: ["elsif", ...isOneOf(tftp)],
			block: [say("next-server", tftpServer), say("filename", { quoted: program })],
		},
		...(http.length === 0
			? []
			: [
					{
						words: ["elsif", ...isOneOf(http)],
						block: [
							// UEFI takes no other answer (UEFI 2.10, 24.7).
							say("option", "vendor-class-identifier", { quoted: "HTTPClient" }),
							say("filename", { quoted: urls.program(program) }),
						],
					},
				]),
	]);
	return [{ words: ["if", ...isIpxe], block: [say("filename", { quoted: urls.script })] }, ...otherwise];
}

function isOneOf(architectures: readonly number[]): DhcpdValue[] {
	return architectures.flatMap((number, index) => [
		...(index === 0 ? [] : ["or"]),
		"option",
		"rollcall-arch",
		"=",
		`00:${number.toString(16).padStart(2, "0")}`,
	]);
}

function subnet({ range, leaseSeconds, router, dns, domain }: DhcpBootOptions): DhcpdStatement[] {
	if (!range) return [];
	const block = [
		say("range", range.start, range.end),
		...(router ? [say("option", "routers", router)] : []),
		...(dns.length > 0 ? [say("option", "domain-name-servers", dns.join(","))] : []),
		...(domain ? [say("option", "domain-name", { quoted: domain })] : []),
	];
	return [
		remark("DHCP for an isolated network."),
		say("authoritative"),
		say("default-lease-time", String(leaseSeconds)),
		say("max-lease-time", String(leaseSeconds)),
		{ words: ["subnet", networkOf(range).address, "netmask", range.netmask], block },
	];
}
