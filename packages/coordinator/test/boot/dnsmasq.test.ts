import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { DnsmasqOptions } from "@rollcall/protocol";
import { testNeeding } from "@rollcall/test-support/needing";
import test from "ava";
import { dnsmasqText } from "../../src/boot/dnsmasq.ts";
import { parseDnsmasq } from "./parsers/dnsmasq.ts";
import { DNSMASQ, debian, debianProgram } from "./programs/debian.ts";

const proxy = DnsmasqOptions.parse({ mode: "proxy", url: "http://192.0.2.1:7480/", range: { start: "192.0.2.0" } });
const full = DnsmasqOptions.parse({
	mode: "full",
	interface: "br-lab",
	url: "http://192.0.2.1:7480",
	range: { start: "192.0.2.100", end: "192.0.2.200" },
	router: "192.0.2.254",
	dns: ["192.0.2.254", "192.0.2.2"],
	domain: "lab.example",
});

const dnsmasqThere = await debian(DNSMASQ);

for (const options of [proxy, full]) {
	testNeeding(dnsmasqThere)(
		`the real dnsmasq takes the configuration for ${options.mode} DHCP, which is the one in deploy/`,
		async (t) => {
			const text = dnsmasqText(options);
			const shipped = path.resolve(import.meta.dirname, `../../../../deploy/dnsmasq/${options.mode}.conf`);
			t.is(text, fs.readFileSync(shipped, "utf8"));
			const dnsmasq = await debianProgram(DNSMASQ);
			const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-dnsmasq-"));
			t.teardown(() => fs.rmSync(folder, { recursive: true }));
			const file = path.join(folder, "dnsmasq.conf");
			fs.writeFileSync(file, text);
			t.deepEqual(dnsmasq(["--test", "-C", file]), { status: 0, output: "dnsmasq: syntax check OK.\n" });
			fs.writeFileSync(file, `${text}dhcp-boot=tag:ipxe,tag\nno-such-option\n`);
			t.not(dnsmasq(["--test", "-C", file]).status, 0);
		},
	);
}

testNeeding(dnsmasqThere)(
	"UEFI of 32 bits is served where there is a program for it, and else has a tag that the log shows",
	async (t) => {
		const is32 = ({ values }: { values: readonly string[] }) => values.some((value) => /uefi32|IA32_EFI/.test(value));
		for (const options of [proxy, full]) {
			const without = parseDnsmasq(dnsmasqText(options)).filter(is32);
			t.deepEqual(
				without.map(({ option, values }) => [option, ...values]),
				[
					["dhcp-match", "set:uefi32", "option:client-arch", "6"],
					["dhcp-match", "set:uefi32", "option:client-arch", "15"],
				],
			);
			const text = dnsmasqText({ ...options, programs: { ...options.programs, uefi32: "ipxe-i386.efi" } });
			t.true(parseDnsmasq(text).some(({ values }) => values.includes("ipxe-i386.efi")));
			const dnsmasq = await debianProgram(DNSMASQ);
			const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-dnsmasq-")), "dnsmasq.conf");
			t.teardown(() => fs.rmSync(path.dirname(file), { recursive: true }));
			fs.writeFileSync(file, text);
			t.deepEqual(dnsmasq(["--test", "-C", file]), { status: 0, output: "dnsmasq: syntax check OK.\n" });
		}
	},
);

test("addresses to give out that make no sense together are refused", (t) => {
	const refusal = (range: object, more: object = {}) =>
		DnsmasqOptions.safeParse({ mode: "full", url: "http://192.0.2.10", range, ...more }).error?.issues[0]?.message ??
		"";
	t.regex(refusal({ start: "192.0.2.200", end: "192.0.2.100" }), /comes after .*192\.0\.2\.100-192\.0\.2\.200/);
	t.regex(refusal({ start: "192.0.2.10", end: "192.0.3.10" }), /not in one network/);
	t.is(refusal({ start: "192.0.2.10", end: "192.0.3.10", netmask: "255.255.254.0" }), "");
	t.regex(
		refusal({ start: "192.0.2.10", end: "192.0.2.20" }, { router: "192.0.3.1" }),
		/router 192\.0\.3\.1 is not in/,
	);
	t.regex(refusal({ start: "192.0.2.1", end: "192.0.2.20" }, { router: "192.0.2.1" }), /within the addresses/);
	t.is(refusal({ start: "250.0.2.10", end: "250.0.2.10" }), "");
});

test("firmware gets iPXE by its architecture, iPXE gets the script", (t) => {
	const boots = parseDnsmasq(dnsmasqText(full)).filter((line) => line.option === "dhcp-boot");
	t.deepEqual(
		boots.map((line) => line.values),
		[
			["tag:!ipxe", "tag:bios", "undionly.kpxe"],
			["tag:!ipxe", "tag:uefi", "ipxe.efi"],
			["tag:!ipxe", "tag:arm64", "ipxe-arm64.efi"],
			["tag:!ipxe", "tag:uefi-http", "http://192.0.2.1:7480/assets/ipxe/ipxe.efi"],
			["tag:!ipxe", "tag:arm64-http", "http://192.0.2.1:7480/assets/ipxe/ipxe-arm64.efi"],
			["tag:ipxe", "http://192.0.2.1:7480/boot.ipxe"],
		],
	);
});

test("a full server needs a range, and nothing that would end a line", (t) => {
	t.false(DnsmasqOptions.safeParse({ mode: "full", url: "http://a/", range: { start: "192.0.2.1" } }).success);
	t.false(DnsmasqOptions.safeParse({ ...proxy, interface: "eth0\ndhcp-script=/bin/sh" }).success);
	t.false(DnsmasqOptions.safeParse({ ...proxy, url: "file:///etc/passwd" }).success);
});
