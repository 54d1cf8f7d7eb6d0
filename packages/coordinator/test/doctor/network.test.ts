import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DnsmasqOptions } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { type Lan, makeLan } from "@rollcall/test-support/lan";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { namespaces, ROOT } from "@rollcall/test-support/part";
import { tied } from "@rollcall/test-support/tied";
import type { ExecutionContext } from "ava";
import { dnsmasqText } from "../../src/boot/dnsmasq.ts";
import { startOnServer } from "../boot/network/on-server.ts";
import { DNSMASQ, debian } from "../boot/programs/debian.ts";
import { doctorScene } from "./scene.ts";

const MAIN = join(import.meta.dirname, "../../bin/rollcall-coordinator.cjs");
const testLooking = testNeeding(ROOT, namespaces(), await debian(DNSMASQ));
const RANGE = { start: "192.0.2.100", end: "192.0.2.200" };
const PROGRAMS = ["undionly.kpxe", "ipxe.efi"];

/** dnsmasq on the network's server until the test ends, by our own rendered configuration. */
async function startDnsmasq(
	t: ExecutionContext,
	lan: Lan,
	wish: { mode: "full" | "proxy"; url: string; programs?: readonly string[] },
): Promise<void> {
	const folder = ownFolder(t);
	const tftpRoot = join(folder, "tftp");
	mkdirSync(tftpRoot);
	for (const name of wish.programs ?? PROGRAMS) writeFileSync(join(tftpRoot, name), name);
	const range = wish.mode === "full" ? RANGE : { start: "192.0.2.0" };
	const text = dnsmasqText(DnsmasqOptions.parse({ mode: wish.mode, url: wish.url, range, tftpRoot }));
	const file = join(folder, "dnsmasq.conf");
	writeFileSync(file, text);
	const own = ["--keep-in-foreground", "--no-ping", "--log-facility=-", "--user=root", "--group=root", "--pid-file="];
	const args = ["-C", file, ...own, `--dhcp-leasefile=${join(folder, "leases")}`];
	await startOnServer(t, lan, { wanted: DNSMASQ, args, ready: /DHCP, / });
}

testLooking.serial("on a network with no DHCP server that is told, with what would start one", async (t) => {
	const lan = makeLan(t);
	const scene = await doctorScene(t, lan.clientAddress);
	const { code, faults } = await scene.doctor({ args: [], startedBy: lan.onClient });
	t.is(code, 1);
	t.deepEqual(faults("addresses"), []);
	t.deepEqual(faults("listeners"), []);
	const [none] = faults("dhcp");
	t.regex(
		none ?? "",
		/^fail: nobody on lan gave an address.*rollcall render dnsmasq --mode full --url http:\/\/192\.0\.2\.50:7480/,
	);
});

testLooking.serial("a DHCP server that leads machines here is seen, on another computer or on this one", async (t) => {
	const lan = makeLan(t);
	for (const [address, startedBy] of [
		[lan.clientAddress, lan.onClient],
		[lan.serverAddress, lan.onServer],
	] as const) {
		await t
			.try(async (attempt) => {
				const scene = await doctorScene(attempt, address);
				await startDnsmasq(attempt, lan, { mode: "full", url: `http://${address}:7480` });
				const { code, findings, stderr } = await scene.doctor({ args: [], startedBy });
				attempt.is(code, 0, stderr);
				const said = findings.filter(({ check }) => check === "dhcp").map(({ state, text }) => `${state} ${text}`);
				attempt.deepEqual(said, [
					"ok 192.0.2.1 gives addresses on lan",
					`ok iPXE on lan is led to http://${address}:7480/boot.ipxe`,
					"ok firmware (BIOS) on lan loads undionly.kpxe from 192.0.2.1",
					"ok firmware (UEFI) on lan loads ipxe.efi from 192.0.2.1",
				]);
			})
			.then((done) => done.commit());
	}
});

testLooking.serial(
	"a server that leads elsewhere, gives nothing to load, or names a file that is not there is told",
	async (t) => {
		const lan = makeLan(t);
		const scene = await doctorScene(t, lan.clientAddress);
		await startDnsmasq(t, lan, { mode: "full", url: "http://192.0.2.9:7480", programs: ["ipxe.efi"] });
		const { code, faults } = await scene.doctor({ args: [], startedBy: lan.onClient });
		t.is(code, 1);
		const [elsewhere, missing] = faults("dhcp");
		t.regex(
			elsewhere ?? "",
			/^fail: 192\.0\.2\.1 leads iPXE on lan to http:\/\/192\.0\.2\.9:7480\/boot\.ipxe, not to http:\/\/192\.0\.2\.50/,
		);
		t.regex(
			missing ?? "",
			/^fail: firmware \(BIOS\) on lan loads undionly\.kpxe from 192\.0\.2\.1, which does not work: it says /,
		);
	},
);

testLooking.serial(
	"a proxy beside a network without addresses leads machines, and that nobody gives an address is told",
	async (t) => {
		const lan = makeLan(t);
		const scene = await doctorScene(t, lan.clientAddress);
		await startDnsmasq(t, lan, { mode: "proxy", url: "http://192.0.2.50:7480" });
		const { faults, findings } = await scene.doctor({ args: [], startedBy: lan.onClient });
		t.is(faults("dhcp").length, 1, JSON.stringify(findings.filter(({ check }) => check === "dhcp")));
		t.regex(faults("dhcp")[0] ?? "", /nobody on lan gave an address/);
		t.true(findings.some(({ text }) => text === "iPXE on lan is led to http://192.0.2.50:7480/boot.ipxe"));
	},
);

testLooking.serial("whoever may not ask as a machine does is told why nothing was looked for", async (t) => {
	const lan = makeLan(t);
	const scene = await doctorScene(t, lan.clientAddress);
	const least = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service", "--"];
	const { faults } = await scene.doctor({ args: [], startedBy: [...lan.onClient, ...least] });
	t.deepEqual(faults("dhcp"), [
		"warn: not looked for on lan: only root may ask as a machine does (port 68); run this as root",
	]);
});

testLooking.serial("a cable that is out, and a listener on every interface, are told", async (t) => {
	const lan = makeLan(t);
	const host = lan.onClient.at(-1) ?? "";
	const ip = (...words: string[]) => execFileSync("ip", ["-n", host, ...words]);
	ip("link", "add", "office", "type", "veth", "peer", "name", "other");
	ip("address", "add", "198.51.100.7/24", "dev", "office");
	for (const end of ["office", "other"]) ip("link", "set", end, "up");
	const scene = await doctorScene(t, lan.clientAddress);
	scene.configure({ http: { host: "0.0.0.0" }, advertise: { http: `http://${lan.clientAddress}:7420` } });
	const open = await scene.doctor({ startedBy: lan.onClient });
	t.regex(
		open.faults("listeners").join(),
		/^warn: the API would listen on every interface, also on office \(198\.51\.100\.7\).*set http\.host to 192\.0\.2\.50/,
	);
	ip("link", "set", "lan", "down");
	const cut = await scene.doctor({ startedBy: lan.onClient });
	t.regex(cut.faults("addresses").join(), /on lan, which has no link; look at the cable/);
});

testLooking.serial(
	"a coordinator that runs holds its ports itself, answers, and is told when its configuration was changed since",
	async (t) => {
		const lan = makeLan(t);
		const scene = await doctorScene(t, lan.clientAddress);
		const config = join(scene.folder, "coordinator.yaml");
		const [program = "", ...words] = [...lan.onClient, process.execPath, MAIN, "--config", config];
		const child: ChildProcess = spawn(...tied(program, words), { stdio: "ignore" });
		const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
		t.teardown(async () => {
			child.kill();
			await exited;
		});
		await eventually("the coordinator", () => existsSync(join(scene.dataFolder, "api.json")) || undefined, 60_000);
		const told = await scene.doctor({ startedBy: lan.onClient });
		t.is(told.code, 0, told.stdout);
		t.is(told.findings.filter(({ text }) => /held by this coordinator \(\S+, pid \d+\)/.test(text)).length, 3);
		t.is(told.findings.filter(({ text }) => /(?:boot\.ipxe|readyz) answers$/.test(text)).length, 2);

		scene.configure({ http: { host: lan.clientAddress, port: 7999 } });
		const changed = await scene.doctor({ startedBy: lan.onClient });
		t.regex(
			changed.faults("listeners").join(),
			/listens on 192\.0\.2\.50 port 7420, which is not what the configuration says; start the coordinator again/,
		);
		t.regex(changed.faults("addresses").join(), /7999\/readyz does not answer/);
	},
);

testLooking.serial("a data folder in RAM, and one that is nearly full, are told", async (t) => {
	const scene = await doctorScene(t);
	const small = join(scene.folder, "small");
	mkdirSync(small);
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "rollcall-test", small]);
	t.teardown(() => void execFileSync("umount", ["--lazy", small]));
	scene.configure({ dataFolder: join(small, "not", "there", "yet") });
	const faults = (await scene.doctor()).faults("disk");
	t.regex(faults[0] ?? "", /^fail: .*: 16 MiB are free; make room/);
	t.regex(faults[1] ?? "", /^warn: .* is in RAM/);
});
