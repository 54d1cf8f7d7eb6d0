import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { DnsmasqOptions } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import { dnsmasqText } from "../../src/boot/dnsmasq.ts";
import type { Told, Wish } from "./network/dhcp-client.ts";
import { type Lan, makeLan } from "./network/lan.ts";
import { DNSMASQ, debianCommand } from "./programs/debian.ts";

const CLIENT = path.join(import.meta.dirname, "network/dhcp-client.ts");
const SCRIPT = "http://192.0.2.1:7480/boot.ipxe";
/** Client architectures as firmware says them (RFC 4578 and IANA's list). */
const FIRMWARE = [
	["BIOS", 0, "undionly.kpxe"],
	["UEFI on x86-64", 7, "ipxe.efi"],
	["UEFI on x86-64, as some say it", 9, "ipxe.efi"],
	["UEFI on arm64", 11, "ipxe-arm64.efi"],
] as const;

/** dnsmasq with this configuration on the network's server, until the test ends. False where it cannot be had. */
async function startDnsmasq(t: ExecutionContext, lan: Lan, text: string): Promise<boolean> {
	const command = await debianCommand(t, DNSMASQ);
	if (!command) return false;
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-dnsmasq-"));
	const file = path.join(folder, "dnsmasq.conf");
	fs.writeFileSync(file, text);
	const [ip = "ip", ...inside] = lan.onServer;
	// Without a ping it need not wait three seconds before each offer.
	const own = ["--keep-in-foreground", "--no-ping", "--log-facility=-", "--user=root", "--group=root", "--pid-file="];
	const leases = `--dhcp-leasefile=${path.join(folder, "leases")}`;
	const words = [...inside, command.program, "-C", file, ...own, leases];
	const child = spawn(ip, words, { env: command.env, stdio: ["ignore", "ignore", "pipe"] });
	const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	t.teardown(async () => {
		child.kill("SIGKILL");
		await exited;
		fs.rmSync(folder, { recursive: true });
	});
	let output = "";
	await new Promise<void>((resolve, reject) => {
		child.stderr.setEncoding("utf8").on("data", (part: string) => {
			output += part;
			if (/DHCP, /.test(output)) resolve();
		});
		child.once("exit", (code) => reject(new Error(`dnsmasq ended with ${code}: ${output}`)));
		child.once("error", reject);
	});
	return true;
}

function bootIn(lan: Lan, wish: Pick<Wish, "arch" | "ipxe">): Told {
	const [ip = "ip", ...inside] = lan.onClient;
	const words = [
		...inside,
		process.execPath,
		CLIENT,
		JSON.stringify({ mac: "52:54:00:00:00:07", address: lan.clientAddress, ...wish }),
	];
	const ended = spawnSync(ip, words, { encoding: "utf8", timeout: 30_000 });
	if (ended.status !== 0) throw new Error(`arch ${wish.arch}: ${ended.stderr}`);
	return JSON.parse(ended.stdout) as Told;
}

test.serial("full DHCP gives an address, iPXE by architecture, and iPXE the script", async (t) => {
	const lan = makeLan(t);
	if (!lan) return;
	const options = DnsmasqOptions.parse({
		mode: "full",
		url: "http://192.0.2.1:7480",
		range: { start: "192.0.2.100", end: "192.0.2.200" },
		tftpRoot: "/",
	});
	if (!(await startDnsmasq(t, lan, dnsmasqText(options)))) return;
	for (const [firmware, arch, program] of FIRMWARE) {
		const first = bootIn(lan, { arch, ipxe: false });
		t.regex(first.address, /^192\.0\.2\.1\d\d$/, firmware);
		t.like(first, { file: program, server: lan.serverAddress, asked4011: false }, firmware);
		t.like(bootIn(lan, { arch, ipxe: true }), { file: SCRIPT, asked4011: false }, firmware);
	}
});

test.serial("proxy DHCP gives no address, and leads to iPXE by architecture and to the script", async (t) => {
	const lan = makeLan(t);
	if (!lan) return;
	const options = DnsmasqOptions.parse({
		mode: "proxy",
		url: "http://192.0.2.1:7480",
		range: { start: "192.0.2.0" },
		tftpRoot: "/",
	});
	if (!(await startDnsmasq(t, lan, dnsmasqText(options)))) return;
	for (const [firmware, arch, program] of FIRMWARE) {
		const first = bootIn(lan, { arch, ipxe: false });
		t.like(first, { address: "0.0.0.0", file: program, server: lan.serverAddress }, firmware);
		t.is(bootIn(lan, { arch, ipxe: true }).file, SCRIPT, firmware);
	}
});
