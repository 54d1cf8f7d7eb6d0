import type { DnsmasqOptions } from "@rollcall/protocol";
import { type DnsmasqLine, dnsmasqConfig } from "./dnsmasq-config.ts";
import { bootUrls, firmware, servedFirmware } from "./firmware.ts";

const option = (name: string, ...values: (string | { quoted: string })[]): DnsmasqLine => ({ option: name, values });
const remark = (text: string): DnsmasqLine => ({ remark: text });

/** Lines that set a tag for a kind of firmware; the log of dnsmasq shows a client's tags. */
function matches(tag: string, architectures: readonly number[]): DnsmasqLine[] {
	return architectures.map((number) => option("dhcp-match", `set:${tag}`, "option:client-arch", String(number)));
}

/** The remark in the configuration, and the tag in the log of dnsmasq, for 32-bit UEFI where it is not served. */
function unserved({ programs }: DnsmasqOptions): DnsmasqLine[] {
	return firmware(programs)
		.filter(({ program }) => program === undefined)
		.flatMap(({ kind, tftp, http }) => [
			remark("UEFI of 32 bits gets no program (its tag in the log is uefi32); --uefi32 names one."),
			...matches(kind, [...tftp, ...http]),
		]);
}

/** UEFI that boots by HTTP: it wants its own vendor class back, and a URL (UEFI 2.10, 24.7). */
function httpLines({ url, programs }: DnsmasqOptions): DnsmasqLine[] {
	return servedFirmware(programs).flatMap(({ kind, http, program }) => {
		if (http.length === 0) return [];
		const tag = `${kind}-http`;
		return [
			...matches(tag, http),
			option("dhcp-option-force", "tag:!ipxe", `tag:${tag}`, "60", "HTTPClient"),
			option("dhcp-boot", "tag:!ipxe", `tag:${tag}`, bootUrls(url).program(program)),
		];
	});
}

/**
 * A dnsmasq configuration that brings machines to the boot listener: firmware loads iPXE by TFTP, and iPXE, which says who
 * it is by its user class and option 175, is sent to `/boot.ipxe`.
 */
export function dnsmasqText(options: DnsmasqOptions): string {
	const { script } = bootUrls(options.url);
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
	const served = servedFirmware(options.programs);
	return [
		option("dhcp-authoritative"),
		option("dhcp-range", range.start, range.end ?? range.start, range.netmask, String(options.leaseSeconds)),
		...(options.router ? [option("dhcp-option", "option:router", options.router)] : []),
		...(options.dns.length > 0 ? [option("dhcp-option", "option:dns-server", ...options.dns)] : []),
		...(options.domain ? [option("domain", options.domain)] : []),
		remark(""),
		...served.flatMap(({ kind, tftp }) => matches(kind, tftp)),
		...served.map(({ kind, program }) => option("dhcp-boot", "tag:!ipxe", `tag:${kind}`, program)),
		remark("UEFI that boots by HTTP; its programs are assets below ipxe/."),
		...httpLines(options),
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
		...servedFirmware(options.programs).flatMap(({ services, program }) =>
			services.flatMap((service) => [
				option("pxe-service", "tag:!ipxe", service, { quoted: "iPXE" }, program),
				option("pxe-service", "tag:ipxe", service, { quoted: "rollcall" }, script),
			]),
		),
		option("dhcp-boot", "tag:ipxe", script),
		...unserved(options),
	];
}
