import { DnsmasqOptions } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { usageFailure } from "../errors.ts";
import { type AddCommand, printJson } from "../session.ts";
import { parseDuration } from "./values.ts";

const AFTER = `
proxy: beside a DHCP server that is there already; --range names an address of the network. full: the only DHCP server of
an isolated network; --range names the first and the last address that it gives out. Firmware for BIOS, UEFI and arm64
loads iPXE by TFTP, iPXE goes on to the boot listener.

Examples:
  rollcall render dnsmasq --mode proxy --url http://192.0.2.10:7480 --range 192.0.2.0
  rollcall render dnsmasq --mode full --url http://192.0.2.10:7480 --range 192.0.2.100-192.0.2.200 \\
    --interface br-lab --router 192.0.2.1 --dns 192.0.2.1 > /etc/dnsmasq.d/rollcall.conf`;

interface Options {
	readonly mode: string;
	readonly url: string;
	readonly range: { readonly start: string; readonly end?: string };
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

/** The option that a field of DnsmasqOptions comes from, where it is called otherwise. */
const OPTION_OF: Readonly<Record<string, string>> = {
	"range.netmask": "netmask",
	tftpRoot: "tftp-root",
	leaseSeconds: "lease",
	"programs.bios": "bios",
	"programs.uefi": "uefi",
	"programs.arm64": "arm64",
	"programs.uefi32": "uefi32",
};

/** `rollcall render dnsmasq`. */
export const addRenderDnsmasq: AddCommand = (render, run) => {
	render
		.command("dnsmasq")
		.description("a dnsmasq configuration that brings machines to the boot listener")
		.requiredOption("--mode <mode>", "proxy or full")
		.requiredOption("--url <url>", "the boot listener as machines reach it")
		.requiredOption("--range <first[-last]>", "addresses, see below", parseRange)
		.option("--netmask <mask>", "the network's mask; 255.255.255.0 without a word")
		.option("--interface <name>", "listen on this interface only")
		.option("--tftp-root <folder>", "where the iPXE programs are; /var/lib/tftpboot without a word")
		.option("--lease <time>", "full: life of a lease, like 1h", parseDuration)
		.option("--router <address>", "full: the default gateway")
		.option("--dns <address>", "full: a DNS server; can be repeated, at most 3", collect)
		.option("--domain <name>", "full: the DNS domain")
		.option("--bios <file>", "iPXE for BIOS below the TFTP folder; undionly.kpxe without a word")
		.option("--uefi <file>", "iPXE for UEFI on x86-64; ipxe.efi without a word")
		.option("--arm64 <file>", "iPXE for UEFI on arm64; ipxe-arm64.efi without a word")
		.option("--uefi32 <file>", "iPXE for UEFI of 32 bits; such machines are not served without a word")
		.addHelpText("after", AFTER)
		.action((options: Options, command) =>
			run(command, async (session) => {
				const text = await dnsmasq(options);
				if (session.json) printJson(session, { text });
				else session.out.write(text);
				return undefined;
			}),
		);
};

async function dnsmasq(options: Options): Promise<string> {
	const { mode, url, range, netmask, lease, dns, bios, uefi, arm64, uefi32, ...rest } = options;
	const parsed = DnsmasqOptions.safeParse({
		mode,
		url,
		range: { ...range, ...given({ netmask }) },
		...given({ interface: rest.interface, tftpRoot: rest.tftpRoot, leaseSeconds: lease, dns }),
		...given({ router: rest.router, domain: rest.domain }),
		programs: given({ bios, uefi, arm64, uefi32 }),
	});
	if (!parsed.success) {
		const [issue] = parsed.error.issues;
		const path = issue?.path.join(".") ?? "";
		throw usageFailure(
			`--${OPTION_OF[path] ?? path.split(".")[0]}: ${issue?.message}`,
			"`rollcall help render` and `rollcall render dnsmasq --help` show examples",
		);
	}
	const { dnsmasqText, Unencodable } = await import("../offline/core.ts");
	try {
		return dnsmasqText(parsed.data);
	} catch (error) {
		if (error instanceof Unencodable) throw usageFailure(error.message);
		throw error;
	}
}

function given<T extends Record<string, unknown>>(fields: T): Partial<T> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function parseRange(text: string): { start: string; end?: string } {
	const [, start, end] = /^([\d.]+)(?:-([\d.]+))?$/.exec(text) ?? [];
	if (start === undefined) throw new InvalidArgumentError("it is an IPv4 address, or two with a '-' between them.");
	return { start, ...(end === undefined ? {} : { end }) };
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
	return [...before, text];
}
