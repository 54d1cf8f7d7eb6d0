import type { DnsmasqOptions } from "@rollcall/protocol";
import { type DnsmasqLine, dnsmasqConfig } from "./dnsmasq-config.ts";

const option = (name: string, ...values: (string | { quoted: string })[]): DnsmasqLine => ({ option: name, values });
const remark = (text: string): DnsmasqLine => ({ remark: text });

/** Client architectures (RFC 4578, with IANA's later numbers) by the program that they load. */
const ARCHITECTURES = { bios: [0], uefi: [7, 9], arm64: [11], uefi32: [6] } as const;
/** The same in the words of dnsmasq's `pxe-service`. */
const SERVICES = {
	bios: ["x86PC"],
	uefi: ["BC_EFI", "X86-64_EFI"],
	arm64: ["ARM64_EFI"],
	uefi32: ["IA32_EFI"],
} as const;
const KINDS = ["bios", "uefi", "arm64", "uefi32"] as const;

/** The kinds of firmware that there is a program for, with it. */
function served({ programs }: DnsmasqOptions): [(typeof KINDS)[number], string][] {
	return KINDS.flatMap((kind) => (programs[kind] === undefined ? [] : [[kind, programs[kind]]]));
}

/** Lines that set a tag for a kind of firmware; the log of dnsmasq shows a client's tags. */
function matches(kind: (typeof KINDS)[number]): DnsmasqLine[] {
	return ARCHITECTURES[kind].map((number) => option("dhcp-match", `set:${kind}`, "option:client-arch", String(number)));
}

/** What is said, in the file and with its tag in the log, of UEFI of 32 bits when it is not served. */
function unserved({ programs }: DnsmasqOptions): DnsmasqLine[] {
	if (programs.uefi32 !== undefined) return [];
	return [
		remark("UEFI of 32 bits gets no program (its tag in the log is uefi32); --uefi32 names one."),
		...matches("uefi32"),
	];
}

/**
 * A dnsmasq configuration that brings machines to the boot listener: firmware loads iPXE by TFTP, and iPXE, which says who
 * it is by its user class and option 175, is sent to `/boot.ipxe`.
 */
export function dnsmasqText(options: DnsmasqOptions): string {
	const script = `${options.url.replace(/\/+$/, "")}/boot.ipxe`;
	return dnsmasqConfig([
		remark(
			options.mode === "proxy"
				? "Network boot beside a DHCP server that is there already."
				: "DHCP and network boot for an isolated network.",
		),
		remark("No DNS."),
		option("port", "0"),
		...(options.interface ? [option("interface", options.interface), option("bind-interfaces")] : []),
		option("log-dhcp"),
		remark(""),
		remark("iPXE for firmware that knows only PXE."),
		option("enable-tftp"),
		option("tftp-root", options.tftpRoot),
		option("dhcp-userclass", "set:ipxe", "iPXE"),
		option("dhcp-match", "set:ipxe", "175"),
		remark(""),
		...(options.mode === "proxy" ? proxyLines(options, script) : fullLines(options, script)),
	]);
}

function fullLines(options: DnsmasqOptions, script: string): DnsmasqLine[] {
	const { range } = options;
	return [
		option("dhcp-authoritative"),
		option("dhcp-range", range.start, range.end ?? range.start, range.netmask, String(options.leaseSeconds)),
		...(options.router ? [option("dhcp-option", "option:router", options.router)] : []),
		...(options.dns.length > 0 ? [option("dhcp-option", "option:dns-server", ...options.dns)] : []),
		...(options.domain ? [option("domain", options.domain)] : []),
		remark(""),
		...served(options).flatMap(([kind]) => matches(kind)),
		...served(options).map(([kind, program]) => option("dhcp-boot", "tag:!ipxe", `tag:${kind}`, program)),
		option("dhcp-boot", "tag:ipxe", script),
		...unserved(options),
	];
}

function proxyLines(options: DnsmasqOptions, script: string): DnsmasqLine[] {
	const { range } = options;
	return [
		option("dhcp-range", range.start, "proxy", range.netmask),
		// A proxy cannot use dhcp-boot for firmware: the menu's only entry is taken at once.
		option("pxe-prompt", { quoted: "rollcall" }, "0"),
		...served(options).flatMap(([kind, program]) =>
			SERVICES[kind].flatMap((service) => [
				option("pxe-service", "tag:!ipxe", service, { quoted: "iPXE" }, program),
				option("pxe-service", "tag:ipxe", service, { quoted: "rollcall" }, script),
			]),
		),
		option("dhcp-boot", "tag:ipxe", script),
		...unserved(options),
	];
}
