import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { DnsmasqOptions } from "@rollcall/protocol";
import test from "ava";
import { dnsmasqText } from "../../src/boot/dnsmasq.ts";
import { parseDnsmasq } from "./parsers/dnsmasq.ts";
import { DNSMASQ, debianProgram } from "./programs/debian.ts";

const proxy = DnsmasqOptions.parse({ mode: "proxy", url: "http://192.0.2.10:8080/", range: { start: "192.0.2.0" } });
const full = DnsmasqOptions.parse({
	mode: "full",
	interface: "br-lab",
	url: "http://192.0.2.10:8080",
	range: { start: "192.0.2.100", end: "192.0.2.200" },
	router: "192.0.2.1",
	dns: ["192.0.2.1", "192.0.2.2"],
	domain: "lab.example",
});

for (const options of [proxy, full]) {
	test(`the real dnsmasq takes the configuration for ${options.mode} DHCP, which is the one in deploy/`, async (t) => {
		const text = dnsmasqText(options);
		const shipped = path.resolve(import.meta.dirname, `../../../../deploy/dnsmasq/${options.mode}.conf`);
		t.is(text, fs.readFileSync(shipped, "utf8"));
		const dnsmasq = await debianProgram(t, DNSMASQ);
		if (!dnsmasq) return;
		const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-dnsmasq-"));
		t.teardown(() => fs.rmSync(folder, { recursive: true }));
		const file = path.join(folder, "dnsmasq.conf");
		fs.writeFileSync(file, text);
		t.deepEqual(dnsmasq(["--test", "-C", file]), { status: 0, output: "dnsmasq: syntax check OK.\n" });
		fs.writeFileSync(file, `${text}dhcp-boot=tag:ipxe,tag\nno-such-option\n`);
		t.not(dnsmasq(["--test", "-C", file]).status, 0);
	});
}

test("firmware gets iPXE by its architecture, iPXE gets the script", (t) => {
	const boots = parseDnsmasq(dnsmasqText(full)).filter((line) => line.option === "dhcp-boot");
	t.deepEqual(
		boots.map((line) => line.values),
		[
			["tag:!ipxe", "tag:bios", "undionly.kpxe"],
			["tag:!ipxe", "tag:uefi", "ipxe.efi"],
			["tag:!ipxe", "tag:arm64", "ipxe-arm64.efi"],
			["tag:ipxe", "http://192.0.2.10:8080/boot.ipxe"],
		],
	);
});

test("a full server needs a range, and nothing that would end a line", (t) => {
	t.false(DnsmasqOptions.safeParse({ mode: "full", url: "http://a/", range: { start: "192.0.2.1" } }).success);
	t.false(DnsmasqOptions.safeParse({ ...proxy, interface: "eth0\ndhcp-script=/bin/sh" }).success);
	t.false(DnsmasqOptions.safeParse({ ...proxy, url: "file:///etc/passwd" }).success);
});
