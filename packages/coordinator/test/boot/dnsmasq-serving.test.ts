import fs from "node:fs";
import path from "node:path";
import { DnsmasqOptions } from "@rollcall/protocol";
import { type Lan, makeLan } from "@rollcall/test-support/lan";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { namespaces } from "@rollcall/test-support/part";
import type { ExecutionContext } from "ava";
import { dnsmasqText } from "../../src/boot/dnsmasq.ts";
import { bootIn, startOnServer } from "./network/on-server.ts";
import { DNSMASQ, debian } from "./programs/debian.ts";

const SCRIPT = "http://192.0.2.1:7480/boot.ipxe";
/** Client architectures as firmware says them (RFC 4578 and IANA's list). */
const FIRMWARE = [
	["BIOS", 0, "undionly.kpxe"],
	["UEFI on x86-64", 7, "ipxe.efi"],
	["UEFI on x86-64, as some say it", 9, "ipxe.efi"],
	["UEFI on arm64", 11, "ipxe-arm64.efi"],
	["U-Boot on arm64", 22, "ipxe-arm64.efi"],
] as const;
const HTTP_FIRMWARE = [
	["UEFI on x86-64, by HTTP", 16, "http://192.0.2.1:7480/assets/ipxe/ipxe.efi"],
	["UEFI on arm64, by HTTP", 19, "http://192.0.2.1:7480/assets/ipxe/ipxe-arm64.efi"],
] as const;

/** dnsmasq with this configuration on the network's server, until the test ends. */
function startDnsmasq(t: ExecutionContext, lan: Lan, text: string): Promise<void> {
	const folder = ownFolder(t);
	const file = path.join(folder, "dnsmasq.conf");
	fs.writeFileSync(file, text);
	// Without a ping it need not wait three seconds before each offer.
	const own = ["--keep-in-foreground", "--no-ping", "--log-facility=-", "--user=root", "--group=root", "--pid-file="];
	const args = ["-C", file, ...own, `--dhcp-leasefile=${path.join(folder, "leases")}`];
	return startOnServer(t, lan, { wanted: DNSMASQ, args, ready: /DHCP, / });
}

const testServing = testNeeding(namespaces(), await debian(DNSMASQ));

testServing.serial("full DHCP gives an address, iPXE by architecture, and iPXE the script", async (t) => {
	const lan = makeLan(t);
	const options = DnsmasqOptions.parse({
		mode: "full",
		url: "http://192.0.2.1:7480",
		range: { start: "192.0.2.100", end: "192.0.2.200" },
		tftpRoot: "/",
	});
	await startDnsmasq(t, lan, dnsmasqText(options));
	for (const [firmware, arch, program] of FIRMWARE) {
		const first = await bootIn(lan, { arch, ipxe: false });
		t.regex(first.address, /^192\.0\.2\.1\d\d$/, firmware);
		t.like(first, { file: program, server: lan.serverAddress, asked4011: false }, firmware);
		t.like(await bootIn(lan, { arch, ipxe: true }), { file: SCRIPT, asked4011: false }, firmware);
	}
	for (const [firmware, arch, program] of HTTP_FIRMWARE) {
		t.like(await bootIn(lan, { arch, ipxe: false }), { file: program, vendorClass: "HTTPClient" }, firmware);
		t.is((await bootIn(lan, { arch, ipxe: true })).file, SCRIPT, firmware);
	}
});

testServing.serial("proxy DHCP gives no address, and leads to iPXE by architecture and to the script", async (t) => {
	const lan = makeLan(t);
	const options = DnsmasqOptions.parse({
		mode: "proxy",
		url: "http://192.0.2.1:7480",
		range: { start: "192.0.2.0" },
		tftpRoot: "/",
	});
	await startDnsmasq(t, lan, dnsmasqText(options));
	// U-Boot hears no proxy.
	for (const [firmware, arch, program] of FIRMWARE.filter(([, arch]) => arch !== 22)) {
		const first = await bootIn(lan, { arch, ipxe: false });
		t.like(first, { address: "0.0.0.0", file: program, server: lan.serverAddress }, firmware);
		t.is((await bootIn(lan, { arch, ipxe: true })).file, SCRIPT, firmware);
	}
});
