import { rmSync } from "node:fs";
import { Facts } from "@rollcall/protocol";
import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { createFactsReader } from "../src/adapters/facts/facts.ts";
import { temporaryRoot, writeFiles } from "./support/machine.ts";
import { BOOT } from "./support/targets.ts";

const MACHINE_FILES: Record<string, string> = {
	"/proc/sys/kernel/random/boot_id": `${BOOT}\n`,
	"/proc/sys/kernel/hostname": "pc-7\n",
	"/proc/sys/kernel/osrelease": "6.12.1\n",
	"/proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU\n\nprocessor\t: 1\nmodel name\t: Some CPU\n",
	"/proc/meminfo": "MemTotal:        8000000 kB\nMemAvailable:    7000000 kB\n",
	"/proc/net/route":
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
		"eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n" +
		"eth1\t00000000\t0102A8C0\t0003\t0\t0\t50\t00000000\t0\t0\t0\n" +
		"eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n" +
		"cni0\t0000FE0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n",
	"/proc/net/ipv6_route":
		"20010db8000000000000000000000000 20 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n" +
		"fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n",
	"/etc/resolv.conf": "# by hand\nnameserver 192.0.2.1\nnameserver 192.0.2.1\nsearch lab.example a.example\n",
	"/etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
	"/sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
	"/sys/class/dmi/id/product_uuid": "4C4C4544-0000-2010-8020-80C04F202020\n",
	"/sys/class/dmi/id/product_serial": "S-7\n",
	"/sys/class/dmi/id/sys_vendor": "ACME\n",
	"/sys/class/dmi/id/product_name": "Box\n",
	"/sys/class/net/lo/address": "00:00:00:00:00:00\n",
	"/sys/class/net/eth0/address": "52:54:00:00:00:FF\n",
	"/sys/class/net/eth0/bonding_slave/perm_hwaddr": "52:54:00:00:00:01\n",
	"/sys/class/net/eth0/operstate": "up\n",
	"/sys/class/net/eth1/address": "52:54:00:00:00:02\n",
	"/sys/class/net/eth1/operstate": "down\n",
};

const rehearsal = {
	loopback: "127.0.0.2",
	socket: "/x",
	interfaces: [{ name: "eth0", addresses: ["192.168.1.7/24"] }],
};

test("facts of a whole machine", async (t) => {
	const root = temporaryRoot(t);
	writeFiles(root, MACHINE_FILES);
	const facts = Facts.parse(await createFactsReader({ root, rehearsal }).read());
	const { tmpfs, cpu, ...rest } = facts;
	t.like(cpu, { count: 2, model: "Some CPU" });
	t.is(tmpfs[0]?.totalBytes, 4_096_000_000);
	t.deepEqual(rest, {
		bootId: BOOT,
		hostname: "pc-7",
		smbios: { uuid: "4c4c4544-0000-2010-8020-80c04f202020", serial: "S-7", vendor: "ACME", product: "Box" },
		memory: { totalBytes: 8_192_000_000, availableBytes: 7_168_000_000 },
		nics: [
			{ name: "eth0", mac: "52:54:00:00:00:01", up: true, addresses: ["192.168.1.7/24"] },
			{ name: "eth1", mac: "52:54:00:00:00:02", up: false, addresses: [] },
		] as Facts["nics"],
		macs: ["52:54:00:00:00:01", "52:54:00:00:00:02"] as Facts["macs"] & object,
		// The one with the smaller metric leads over an interface that is down.
		defaultRoute: { nic: "eth0", gateway: "192.168.1.1" },
		routes: [
			{ destination: "192.168.1.0/24", nic: "eth0" },
			{ destination: "2001:db8::/32", nic: "eth0" },
		],
		dns: { servers: ["192.0.2.1"], search: ["lab.example", "a.example"] },
		os: { id: "debian", version: "12", name: "Debian GNU/Linux 12 (bookworm)" },
		kernel: "6.12.1",
		cgroupVersion: 2,
		agentVersion: facts.agentVersion,
		rehearsal: true,
	});
});

test("a machine that tells nothing but its boot id still has facts", async (t) => {
	const root = temporaryRoot(t);
	writeFiles(root, { "/proc/sys/kernel/random/boot_id": BOOT });
	const facts = Facts.parse(await createFactsReader({ root, rehearsal: undefined }).read());
	t.deepEqual(facts.nics, []);
	t.is(facts.cpu.count, 1);
	t.is(facts.cgroupVersion, 1);
});

test("without a boot id there are no facts, and the error says where it was looked for", async (t) => {
	const root = temporaryRoot(t);
	await t.throwsAsync(createFactsReader({ root, rehearsal: undefined }).read(), { message: /random\/boot_id/ });
});

test("more of everything than fits is cut, not refused", async (t) => {
	const root = temporaryRoot(t);
	const many = (line: (n: number) => string) => Array.from({ length: 300 }, (_, n) => line(n)).join("\n");
	const hex = (n: number) =>
		`0${(n % 16).toString(16)}${Math.floor(n / 16)
			.toString(16)
			.padStart(2, "0")}A8C0`.toUpperCase();
	writeFiles(root, {
		...MACHINE_FILES,
		"/etc/resolv.conf": `${many((n) => `nameserver 192.0.2.${n}`)}\nsearch ${many((n) => `d${n}`).replaceAll("\n", " ")}`,
		"/proc/net/route": `Iface\n${many((n) => `e0 ${hex(n)} 00000000 0001 0 0 0 00FFFFFF 0 0 0`)}`,
		"/sys/class/dmi/id/sys_vendor": "x".repeat(1000),
	});
	const names = Array.from({ length: 80 }, (_, n) => `e${n}`);
	writeFiles(
		root,
		Object.fromEntries(
			names.map((name, n) => [`/sys/class/net/${name}/address`, `52:54:00:00:01:${(n + 16).toString(16)}`]),
		),
	);
	const facts = Facts.parse(await createFactsReader({ root, rehearsal }).read());
	t.deepEqual([facts.dns.servers.length, facts.dns.search.length, facts.nics.length], [16, 32, 64]);
	t.is(facts.smbios.vendor?.length, 256);
	t.is(facts.routes.length, 256);
});

test("whatever stands in the files, facts are facts", async (t) => {
	const paths = Object.keys(MACHINE_FILES).filter((path) => !path.endsWith("boot_id"));
	const line = fc.oneof(
		fc.constantFrom(...Object.values(MACHINE_FILES)),
		fc.string({ unit: codePoint, maxLength: 300 }),
	);
	const content = fc.oneof(
		line.map((text) => Buffer.from(text)),
		fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
		fc.array(line, { maxLength: 40 }).map((parts) => Buffer.from(parts.join("\n"))),
	);
	await fc.assert(
		fc.asyncProperty(fc.dictionary(fc.constantFrom(...paths), content, { maxKeys: 8 }), async (files) => {
			const root = temporaryRoot(t);
			writeFiles(root, { ...MACHINE_FILES, ...files });
			const read = await createFactsReader({ root, rehearsal }).read();
			rmSync(root, { recursive: true });
			const parsed = Facts.safeParse(read);
			if (!parsed.success) throw new Error(JSON.stringify(parsed.error.issues));
		}),
		{ numRuns: 150 },
	);
	t.pass();
});
