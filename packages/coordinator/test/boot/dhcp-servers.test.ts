import fs from "node:fs";
import path from "node:path";
import { DhcpBootOptions } from "@rollcall/protocol";
import { type Lan, makeLan } from "@rollcall/test-support/lan";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { namespaces } from "@rollcall/test-support/part";
import test, { type ExecutionContext } from "ava";
import { dhcpdText } from "../../src/boot/dhcpd.ts";
import { dhcpdConfig } from "../../src/boot/dhcpd-config.ts";
import { keaText } from "../../src/boot/kea.ts";
import { Unencodable } from "../../src/errors.ts";
import { bootIn, startOnServer } from "./network/on-server.ts";
import { DHCPD, debian, debianProgram, KEA } from "./programs/debian.ts";

const dhcpdThere = await debian(DHCPD);
const keaThere = await debian(KEA);
const SCRIPT = "http://192.0.2.1:7480/boot.ipxe";
const common = { url: "http://192.0.2.1:7480/", tftpServer: "192.0.2.9" };
const lines = DhcpBootOptions.parse({ ...common, programs: { uefi32: "ipxe-i386.efi" } });
const whole = DhcpBootOptions.parse({
	...common,
	range: { start: "192.0.2.100", end: "192.0.2.200" },
	router: "192.0.2.1",
	dns: ["192.0.2.1", "192.0.2.2"],
	domain: "lab.example",
});

testNeeding(dhcpdThere)(
	"the real dhcpd takes the lines into a configuration of its own, and the whole one",
	async (t) => {
		const dhcpd = await debianProgram(DHCPD);
		const file = path.join(ownFolder(t), "dhcpd.conf");
		const own = "option arch code 93 = unsigned integer 16;\nsubnet 198.51.100.0 netmask 255.255.255.0 {}\n";
		for (const text of [`${own}${dhcpdText(lines)}`, dhcpdText(whole)]) {
			fs.writeFileSync(file, text);
			const ended = dhcpd(["-t", "-cf", file]);
			t.is(ended.status, 0, ended.output);
			fs.writeFileSync(file, `${text}no-such-statement 1;\n`);
			t.not(dhcpd(["-t", "-cf", file]).status, 0);
		}
	},
);

testNeeding(keaThere)("the real Kea takes the classes alone, and the whole configuration", async (t) => {
	const kea = await debianProgram(KEA);
	const file = path.join(ownFolder(t), "kea.json");
	for (const options of [lines, whole]) {
		fs.writeFileSync(file, keaText(options));
		const ended = kea(["-t", file]);
		t.is(ended.status, 0, ended.output);
	}
	fs.writeFileSync(file, keaText(lines).replace("member(", "remember("));
	t.not(kea(["-t", file]).status, 0);
});

/** Firmware by its architecture, with the file and the TFTP server that it is told. */
async function assertServed(t: ExecutionContext, lan: Lan): Promise<void> {
	for (const [arch, program] of [
		[0, "undionly.kpxe"],
		[7, "ipxe.efi"],
		[9, "ipxe.efi"],
		[11, "ipxe-arm64.efi"],
		[22, "ipxe-arm64.efi"],
	] as const) {
		const first = await bootIn(lan, { arch, ipxe: false });
		t.regex(first.address, /^192\.0\.2\.1\d\d$/);
		t.like(first, { file: program, server: "192.0.2.9" }, String(arch));
		t.is((await bootIn(lan, { arch, ipxe: true })).file, SCRIPT);
	}
	for (const [arch, program] of [
		[16, "ipxe.efi"],
		[19, "ipxe-arm64.efi"],
	] as const) {
		const told = await bootIn(lan, { arch, ipxe: false });
		t.like(told, { file: `http://192.0.2.1:7480/assets/ipxe/${program}`, vendorClass: "HTTPClient" }, String(arch));
	}
}

testNeeding(namespaces(), dhcpdThere).serial(
	"ISC's dhcpd leads every kind of firmware to iPXE, and iPXE to the script",
	async (t) => {
		const lan = makeLan(t);
		const folder = ownFolder(t);
		const [config, leases] = [path.join(folder, "dhcpd.conf"), path.join(folder, "leases")];
		// Without a ping it need not wait a second before each offer.
		fs.writeFileSync(config, `ping-check false;\n${dhcpdText(whole)}`);
		fs.writeFileSync(leases, "");
		const args = ["-f", "-d", "-cf", config, "-lf", leases, "-pf", path.join(folder, "pid"), "lan"];
		await startOnServer(t, lan, { wanted: DHCPD, args, ready: /Server starting service/ });
		await assertServed(t, lan);
	},
);

testNeeding(namespaces(), keaThere).serial(
	"Kea leads every kind of firmware to iPXE, and iPXE to the script",
	async (t) => {
		const lan = makeLan(t);
		const folder = ownFolder(t);
		const config = path.join(folder, "kea.json");
		fs.writeFileSync(config, keaText(whole).replace('"type": "memfile"', '"type": "memfile", "persist": false'));
		const env = { KEA_LOCKFILE_DIR: folder, KEA_PIDFILE_DIR: folder };
		const args = ["-c", config];
		await startOnServer(t, lan, { wanted: KEA, args, env, ready: /DHCP4_STARTED/ });
		await assertServed(t, lan);
	},
);

test("nothing in a dhcpd configuration ends its statement or its text", (t) => {
	t.is(dhcpdConfig([{ words: ["a", { quoted: 'x"\\;' }] }]), 'a "x\\"\\\\;";\n');
	for (const words of [["a;"], ["a b"], ["#"], ["{"], [""], [{ quoted: "a\nb" }]])
		t.throws(() => dhcpdConfig([{ words }]), { instanceOf: Unencodable }, JSON.stringify(words));
});

test("addresses to give out that make no sense together are refused", (t) => {
	const range = { start: "192.0.2.10", end: "192.0.3.10" };
	t.regex(DhcpBootOptions.safeParse({ ...common, range }).error?.message ?? "", /not in one network/);
});
