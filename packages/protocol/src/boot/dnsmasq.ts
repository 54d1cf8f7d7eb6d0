import { z } from "zod";

const word = z
	.string()
	.max(256)
	.regex(/^[A-Za-z0-9._/-]+$/, "letters, digits, '.', '_', '/' and '-'");

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
		/** Names of the iPXE programs below the TFTP root. */
		programs: z
			.strictObject({
				bios: word.default("undionly.kpxe"),
				uefi: word.default("ipxe.efi"),
				arm64: word.default("ipxe-arm64.efi"),
			})
			.prefault({}),
	})
	.refine((options) => options.mode === "proxy" || options.range.end !== undefined, {
		path: ["range", "end"],
		message: "a full DHCP server needs the last address that it gives out",
	});
export type DnsmasqOptions = z.infer<typeof DnsmasqOptions>;
