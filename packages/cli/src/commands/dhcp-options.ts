import { definedFields, type Issue, plainIssue, valueAt } from "@rollcall/protocol";
import { type Command, InvalidArgumentError } from "commander";
import { type Failure, usageFailure } from "../errors.ts";
import { printJson, type Session } from "../session.ts";
import { parseDuration } from "./values.ts";

/** Addresses of a network, as an operator writes them. */
export interface DhcpRange {
	readonly start: string;
	readonly end?: string;
}

/** What every DHCP server's text can be told, as commander hands it over. */
export interface DhcpServerOptions {
	readonly url: string;
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

/** Adds the options that every DHCP server's text has, behind the command's own. `only` stands before those that are for one mode, as in "full: ". */
export function addDhcpOptions(command: Command, { only = "", interfaceOf = "" } = {}): Command {
	return command
		.requiredOption("--url <url>", "the boot listener as machines reach it")
		.option("--netmask <mask>", "the network's mask (default: 255.255.255.0)")
		.option("--interface <name>", `${interfaceOf}listen on this interface only`)
		.option("--lease <time>", `${only}life of a lease, like 1h`, parseDuration)
		.option("--router <address>", `${only}the default gateway`)
		.option("--dns <address>", `${only}a DNS server; can be repeated, at most 3`, collect)
		.option("--domain <name>", `${only}the DNS domain`)
		.option("--bios <file>", "iPXE for BIOS (default: undionly.kpxe)")
		.option("--uefi <file>", "iPXE for UEFI on x86-64 (default: ipxe.efi)")
		.option("--arm64 <file>", "iPXE for UEFI and U-Boot on arm64 (default: ipxe-arm64.efi)")
		.option("--uefi32 <file>", "iPXE for UEFI of 32 bits; without it such machines are not served");
}

/** The fields that both schemas of a DHCP server's options share, from what was given on the command line. */
export function sharedFields(options: DhcpServerOptions): Record<string, unknown> {
	const { url, lease, router, dns, domain, bios, uefi, arm64, uefi32 } = options;
	return {
		url,
		...definedFields({ interface: options.interface, leaseSeconds: lease, router, dns, domain }),
		programs: definedFields({ bios, uefi, arm64, uefi32 }),
	};
}

/** Prints a configuration, or the same in an object with `-o json`. What cannot be written in the server's language becomes a usage failure. */
export async function printConfiguration(session: Session, text: () => Promise<string>): Promise<undefined> {
	const { Unencodable } = await import("../offline/core.ts");
	const told = await text().catch((error: unknown) => {
		throw error instanceof Unencodable ? usageFailure(error.message) : error;
	});
	if (session.json) printJson(session, { text: told });
	else session.out.document(told);
}

/** The option that a field of a DHCP server's options comes from, where it is called otherwise. */
const OPTION_OF: Readonly<Record<string, string>> = {
	"range.netmask": "netmask",
	tftpRoot: "tftp-root",
	tftpServer: "tftp",
	leaseSeconds: "lease",
	"programs.bios": "bios",
	"programs.uefi": "uefi",
	"programs.arm64": "arm64",
	"programs.uefi32": "uefi32",
};

/** What is wrong with the options of `rollcall render SERVER`, by the name that the operator wrote. */
export function optionFailure(
	error: { readonly issues: readonly Issue[] },
	{ server, options }: { readonly server: string; readonly options: unknown },
): Failure {
	const [issue] = error.issues;
	const what = issue ? plainIssue(issue, valueAt(options, issue.path)) : "it is not valid";
	const path = issue?.path.join(".") ?? "";
	return usageFailure(
		`--${OPTION_OF[path] ?? path.split(".")[0]}: ${what}`,
		`\`rollcall help render\` and \`rollcall render ${server} --help\` show examples`,
	);
}

/** Reads `192.0.2.1` or `192.0.2.1-192.0.2.9`. */
export function parseRange(text: string): DhcpRange {
	const [, start, end] = /^([\d.]+)(?:-([\d.]+))?$/.exec(text) ?? [];
	if (start === undefined) throw new InvalidArgumentError("it is an IPv4 address, or two with a '-' between them.");
	return { start, ...(end === undefined ? {} : { end }) };
}

/** An option that can be repeated. */
function collect(text: string, before: readonly string[] = []): readonly string[] {
	return [...before, text];
}
