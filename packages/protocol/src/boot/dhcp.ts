import { z } from "zod";

const word = z
	.string()
	.max(256)
	.regex(/^[A-Za-z0-9._/-]+$/, "letters, digits, '.', '_', '/' and '-'");

/** An IPv4 address as a number. */
function numberOf(address: string): number {
	return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** What is wrong with the addresses that are given out, in words. */
function rangeFault(
	{ start, end = start, netmask }: { start: string; end?: string | undefined; netmask: string },
	router: string | undefined,
): string | undefined {
	const [first, last, mask] = [start, end, netmask].map(numberOf) as [number, number, number];
	if (first > last) return `its first address ${start} comes after its last ${end}; write ${end}-${start}`;
	const network = (address: number) => (address & mask) >>> 0;
	if (network(first) !== network(last)) return `${start} and ${end} are not in one network with the mask ${netmask}`;
	if (router === undefined) return undefined;
	const gateway = numberOf(router);
	if (network(gateway) !== network(first))
		return `the router ${router} is not in the network of ${start} with the mask ${netmask}`;
	return gateway >= first && gateway <= last
		? `the router ${router} is within the addresses that are given out`
		: undefined;
}

/** Names of the iPXE programs, below the TFTP root and, for firmware that boots by HTTP, among the assets below `ipxe/`. */
export const BootPrograms = z.strictObject({
	bios: word.default("undionly.kpxe"),
	uefi: word.default("ipxe.efi"),
	arm64: word.default("ipxe-arm64.efi"),
	/** UEFI of 32 bits, also on a 64-bit processor. Rare, and no package brings an iPXE for it: without a name it is not served. */
	uefi32: word.optional(),
});
export type BootPrograms = z.infer<typeof BootPrograms>;

/** The first and the last address that are given out. */
const Range = z.strictObject({ start: z.ipv4(), end: z.ipv4(), netmask: z.ipv4().default("255.255.255.0") });

/** What the network boot part of ISC's dhcpd or of Kea is rendered from; with `range` the whole of a small configuration. */
export const DhcpBootOptions = z
	.strictObject({
		/** The boot listener as machines reach it, like `http://192.0.2.1:8080`. */
		url: z.url({ protocol: /^https?$/ }).max(256),
		/** The TFTP server that has the iPXE programs. */
		tftpServer: z.ipv4(),
		interface: word.optional(),
		range: Range.optional(),
		leaseSeconds: z.int().min(120).max(604_800).default(3600),
		router: z.ipv4().optional(),
		dns: z.array(z.ipv4()).max(3).default([]),
		domain: word.optional(),
		programs: BootPrograms.prefault({}),
	})
	.superRefine(({ range, router }, context) => {
		const fault = range && rangeFault(range, router);
		if (fault) context.addIssue({ code: "custom", path: ["range"], message: fault });
	});
export type DhcpBootOptions = z.infer<typeof DhcpBootOptions>;

/** What a dnsmasq configuration is rendered from. */
export const DnsmasqOptions = z
	.strictObject({
		/** proxy: beside a DHCP server that is there already. full: the only one, for an isolated network. */
		mode: z.enum(["proxy", "full"]),
		interface: word.optional(),
		/** The boot listener as machines reach it, like `http://192.0.2.1:8080`. */
		url: z.url({ protocol: /^https?$/ }).max(256),
		tftpRoot: word.default("/var/lib/tftpboot"),
		/** proxy: an address of the network. full: the first and last address that are given out. */
		range: z.strictObject({ start: z.ipv4(), end: z.ipv4().optional(), netmask: z.ipv4().default("255.255.255.0") }),
		leaseSeconds: z.int().min(120).max(604_800).default(3600),
		router: z.ipv4().optional(),
		dns: z.array(z.ipv4()).max(3).default([]),
		domain: word.optional(),
		programs: BootPrograms.prefault({}),
	})
	.refine((options) => options.mode === "proxy" || options.range.end !== undefined, {
		path: ["range", "end"],
		message: "a full DHCP server needs the last address that it gives out",
	})
	.superRefine(({ mode, range, router }, context) => {
		const fault = mode === "full" ? rangeFault(range, router) : undefined;
		if (fault) context.addIssue({ code: "custom", path: ["range"], message: fault });
	});
export type DnsmasqOptions = z.infer<typeof DnsmasqOptions>;
