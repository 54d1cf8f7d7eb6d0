import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fedoraMetadata, flatcarFiles, kubernetesFiles } from "@rollcall/coordinator/command-line";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianFolders, debianPackages, ROOT } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import test from "ava";
import { makeBridge } from "./lab/bridge.ts";
import { findEmulator, networkBoot } from "./lab/emulator.ts";
import { startOn } from "./lab/host.ts";
import { LAB_CACHE } from "./lab/lab.ts";
import { switchPart } from "./lab/part.ts";
import { writeAgentProgram } from "./support/boot.ts";
import { pageCommands } from "./support/page-commands.ts";
import { PAGE_PACKAGES, runPage } from "./support/page-script.ts";
import { repository } from "./support/places.ts";
import { hexOf, publish, putUrl } from "./support/published.ts";

const PAGE = readFileSync(join(repository, "docs/first-room.md"), "utf8");
const COMMANDS = pageCommands(PAGE);
const SYSTEMS = ["flatcar", "fedora-coreos", "debian-live"] as const;
const ISC_SERVER = "isc-dhcp-server";
const DHCP = ["dhcp-none", "dhcp-beside", "dhcp-isc"] as const;

const testWay = testNeeding(
	ROOT,
	await switchPart(),
	await debianPackages(PAGE_PACKAGES),
	await debianPackages([ISC_SERVER]),
);

/** The commands of one way through the page. */
function way(system: string, dhcp: string) {
	return COMMANDS.filter((command) => command.way === undefined || command.way === system || command.way === dhcp);
}

/** Those for machines that have booted: `test/kubernetes/first-room.test.ts` runs them. */
const WITH_MACHINES = /^rollcall (?:approve|wait|check)\b/;

test("each way through the page for a first room takes twelve commands at most, and every block is a command", (t) => {
	for (const system of SYSTEMS) for (const dhcp of DHCP) t.true(way(system, dhcp).length <= 12, `${system}, ${dhcp}`);
	t.deepEqual(
		COMMANDS.filter(({ text }) => WITH_MACHINES.test(text)),
		COMMANDS.slice(-3),
	);
	t.is(PAGE.match(/^```/gm)?.length, 2 * COMMANDS.length);
});

test("the cluster of a first room names what `rollcall assets fetch` brings, and a system's profile the release of the page", (t) => {
	const cluster = readFileSync(join(repository, "deploy/room/cluster.yaml"), "utf8");
	for (const { name } of kubernetesFiles("1.36.2", "x64") ?? []) t.true(cluster.includes(`asset: ${name}\n`), name);
	const profile = readFileSync(join(repository, "deploy/profiles/flatcar.yaml"), "utf8");
	for (const { name } of flatcarFiles("stable", "4230.2.4", "x64")) t.true(profile.includes(name), name);
});

/** A folder with what the makers publish of these releases; the files themselves are random. */
function releases(folder: string): string {
	for (const file of [...(kubernetesFiles("1.36.2", "x64") ?? []), ...flatcarFiles("stable", "4230.2.4", "x64")])
		publish(folder, file, file.url);
	const release = "42.20250803.3.0";
	const base = `https://builds.coreos.fedoraproject.org/prod/streams/stable/builds/${release}/x86_64/fedora-coreos-${release}-live-`;
	const ends = { kernel: "kernel-x86_64", initramfs: "initramfs.x86_64.img", rootfs: "rootfs.x86_64.img" };
	const pxe = Object.fromEntries(
		Object.entries(ends).map(([kind, end]) => {
			putUrl(folder, base + end, base + end);
			return [kind, { location: base + end, signature: "", sha256: hexOf("sha256", base + end) }];
		}),
	);
	const artifacts = { metal: { release, formats: { pxe } } };
	const published = { stream: "stable", release, architectures: { x86_64: { artifacts, media: artifacts } } };
	putUrl(folder, fedoraMetadata("stable", release), JSON.stringify(published));
	return folder;
}

const RANGE = ["192.0.2.100", "192.0.2.200"] as const;
/** A DHCP server that is there already, on another machine. */
const THERE = {
	"dhcp-none": [],
	"dhcp-beside": [
		`ip netns exec "$OTHER" $DHCP -C /dev/null -p 0 --dhcp-range=${RANGE} --dhcp-leasefile=/root/other >/dev/null 2>&1 &`,
	],
	"dhcp-isc": [
		`echo 'ping-check false; subnet 192.0.2.0 netmask 255.255.255.0 { range ${RANGE.join(" ")}; }' >/root/dhcpd.conf; : >/root/leases`,
		'isc() { ip netns exec "$OTHER" $ISC -f -cf /root/dhcpd.conf -lf /root/leases -pf /root/pid lan >/dev/null 2>&1 & isc=$!; }; isc',
	],
};
/** What the page says in words about that server: copy the file there, include it, and restart it. */
const INCLUDED = `cp /root/rollcall-dhcpd.conf /root/rollcall.conf; echo 'include "/root/rollcall.conf";' >>/root/dhcpd.conf
kill $isc; wait $isc || true; rm -f /root/pid; isc; sleep 1`;
const MAC = "52:54:00:0b:00:08";
/** Until a machine that was switched on has its script. */
const BOOTS = `echo '--- power'
until rollcall boots --mac ${MAC} -o json | tr -d '\n\t ' | grep -oE '"profile":"[^"]*"|"stage":"ipxe","at":"[^"]*"' >/root/seen && grep -q ipxe /root/seen; do sleep 1; done
cat /root/seen`;
for (const [system, dhcp, findings] of [
	[
		"flatcar",
		"dhcp-none",
		[/iPXE on lan is led to http:\/\/192\.0\.2\.1:7480\/boot\.ipxe/, /firmware \(BIOS\) on lan loads undionly\.kpxe/],
	],
	["fedora-coreos", "dhcp-beside", [/192\.0\.2\.50 gives addresses on lan/, /iPXE on lan is led to/]],
	["debian-live", "dhcp-isc", [/192\.0\.2\.50 gives addresses on lan/, /iPXE on lan is led to/]],
] as const)
	testWay.serial(
		`the page's commands bring a coordinator to where machines can be switched on, and one that is gets its script: ${system}, ${dhcp}`,
		async (t) => {
			t.timeout(stretched(360_000));
			const emulator = await findEmulator(LAB_CACHE);
			// The coordinator's machine, and another one.
			const bridge = makeBridge(t);
			const other = bridge.otherHost("192.0.2.50");
			const commands = way(system, dhcp)
				.filter(({ text }) => !WITH_MACHINES.test(text))
				// The one word of the page that a reader chooses.
				.map(({ text }) => text.replace("192.0.2.1 flatcar", `192.0.2.1 ${system}`));
			const folder = ownFolder(t);
			const [isc = ""] = await debianFolders([ISC_SERVER]);
			const page = await runPage(t, {
				onHost: bridge.onHost,
				commands: [
					...commands.flatMap((text) => [
						text,
						...(text.startsWith("rollcall render dhcpd") ? [{ lines: INCLUDED }] : []),
					]),
					{ lines: BOOTS },
				],
				releases: releases(join(folder, "releases")),
				// Packing the real agent for machines takes seconds of a processor, and none boots as far as that.
				agent: writeAgentProgram(folder).file,
				// Broadcasts go somewhere.
				before: ["ip route add default dev lan", ...THERE[dhcp]],
				environment: { OTHER: other.at(-1) ?? "", ISC: join(isc, "usr/sbin/dhcpd") },
			});
			await eventually(
				"the page's commands to be done",
				() => page.output().includes("--- power") || page.child.exitCode !== null,
				240_000,
			).catch((error: unknown) => {
				throw new Error(page.output(), { cause: error });
			});
			startOn(t, bridge, networkBoot(emulator, bridge.nic(MAC)), emulator.environment);
			const { code } = await page.exited;
			const said = page.output();
			t.is(code, 0, said);
			t.regex(
				said,
				/ok {3}boot document: \/etc\/rollcall\/boot\.yaml: all \d files that it names are there, and whole/,
			);
			t.regex(said, /ok {3}ports: port 7480 on 192\.0\.2\.1 \(boot listener\) is held by this coordinator/);
			for (const finding of findings) t.regex(said, finding);
			t.regex(said, /room[\s\S]*declared/);
			t.true(said.includes(`"profile":"${system}"`), said);
		},
	);
