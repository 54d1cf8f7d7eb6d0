import type { DhcpBootOptions } from "@rollcall/protocol";
import { bootUrls, servedFirmware } from "./firmware.ts";
import { networkOf } from "./network-of.ts";

/** A class of clients (Kea's manual, "Client Classification"). */
interface ClientClass {
	readonly name: string;
	readonly test: string;
	readonly "next-server"?: string;
	readonly "boot-file-name": string;
	readonly "option-data"?: readonly object[];
}

/**
 * A configuration of Kea's DHCPv4 server with the client classes that bring machines to the boot listener. Where addresses to
 * give out are named it has a subnet as well; else the classes are for a configuration that is there already.
 */
export function keaText(options: DhcpBootOptions): string {
	const { leaseSeconds, interface: name } = options;
	const Dhcp4 = {
		"interfaces-config": { interfaces: [name ?? "*"] },
		...(options.range
			? {
					"valid-lifetime": leaseSeconds,
					"lease-database": { type: "memfile" },
					subnet4: [subnet(options, options.range)],
				}
			: {}),
		"client-classes": classes(options),
	};
	return `${JSON.stringify({ Dhcp4 }, null, 2)}\n`;
}

function classes({ url, tftpServer, programs }: DhcpBootOptions): ClientClass[] {
	const urls = bootUrls(url);
	const ipxe = "rollcall-ipxe";
	// A class is looked at only after those that stand before it.
	const firmware = servedFirmware(programs).flatMap(({ kind, tftp, http, program }): ClientClass[] => [
		{
			name: `rollcall-${kind}`,
			test: `not member('${ipxe}') and (${isOneOf(tftp)})`,
			"next-server": tftpServer,
			"boot-file-name": program,
		},
		...(http.length === 0
			? []
			: [
					{
						name: `rollcall-${kind}-http`,
						test: `not member('${ipxe}') and (${isOneOf(http)})`,
						"boot-file-name": urls.program(program),
						// UEFI takes no other answer (UEFI 2.10, 24.7).
						"option-data": [{ name: "vendor-class-identifier", data: "HTTPClient", "always-send": true }],
					},
				]),
	]);
	return [
		{ name: ipxe, test: "option[175].exists or option[77].hex == 'iPXE'", "boot-file-name": urls.script },
		...firmware,
	];
}

function isOneOf(architectures: readonly number[]): string {
	return architectures.map((number) => `option[93].hex == 0x${number.toString(16).padStart(4, "0")}`).join(" or ");
}

function subnet({ router, dns, domain }: DhcpBootOptions, range: NonNullable<DhcpBootOptions["range"]>): object {
	const { address, length } = networkOf(range);
	return {
		id: 1,
		subnet: `${address}/${length}`,
		pools: [{ pool: `${range.start} - ${range.end}` }],
		"option-data": [
			...(router ? [{ name: "routers", data: router }] : []),
			...(dns.length > 0 ? [{ name: "domain-name-servers", data: dns.join(", ") }] : []),
			...(domain ? [{ name: "domain-name", data: domain }] : []),
		],
	};
}
