import { type Issue, plainIssue, valueAt } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { type Failure, usageFailure } from "../errors.ts";

/** Addresses of a network, as an operator writes them. */
export interface DhcpRange {
	readonly start: string;
	readonly end?: string;
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
export function collect(text: string, before: readonly string[] = []): readonly string[] {
	return [...before, text];
}
