import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fedoraMetadata, flatcarFiles, kubernetesFiles, type ReleaseFile } from "@rollcall/coordinator/command-line";
import { makeLan } from "@rollcall/test-support/lan";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianFolders, debianPackages, namespaces, ROOT } from "@rollcall/test-support/part";
import { run } from "@rollcall/test-support/running";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { writeAgentProgram } from "./support/boot.ts";
import { pageCommands } from "./support/page-commands.ts";
import { repository } from "./support/places.ts";

const PAGE = readFileSync(join(repository, "docs/first-room.md"), "utf8");
const COMMANDS = pageCommands(PAGE);
const SYSTEMS = ["flatcar", "fedora-coreos", "debian-live"] as const;
const DHCP = ["dhcp-none", "dhcp-beside", "dhcp-isc"] as const;
const DNSMASQ = ["dnsmasq-base", "libnetfilter-conntrack3", "libnftables1", "libnfnetlink0", "libmnl0", "libnftnl11"];
const LIBRARIES = ["libxtables12", "libjansson4", "libedit2", "libidn2-0", "libunistring2"];

/** The commands of one way through the page. */
function way(system: string, dhcp: string) {
	return COMMANDS.filter((command) => command.way === undefined || command.way === system || command.way === dhcp);
}

test("each way through the page for a first room takes twelve commands at most, and what was not tried is marked", (t) => {
	for (const system of SYSTEMS) for (const dhcp of DHCP) t.true(way(system, dhcp).length <= 12, `${system}, ${dhcp}`);
	t.deepEqual(
		COMMANDS.filter(({ needsMachines }) => needsMachines).map(({ text }) => text.split(" ").slice(0, 2).join(" ")),
		["rollcall approve", "rollcall wait", "rollcall check"],
	);
	t.is(PAGE.match(/^```/gm)?.length, 2 * COMMANDS.length, "every block is a command");
});

test("the cluster of a first room names what `rollcall assets fetch` brings, and a system's profile the release of the page", (t) => {
	const cluster = readFileSync(join(repository, "deploy/room/cluster.yaml"), "utf8");
	for (const { name } of kubernetesFiles("1.36.2", "x64") ?? []) t.true(cluster.includes(`asset: ${name}\n`), name);
	const profile = readFileSync(join(repository, "deploy/profiles/flatcar.yaml"), "utf8");
	for (const { name } of flatcarFiles("stable", "4230.2.4", "x64")) t.true(profile.includes(name), name);
});

/** A folder with what the makers publish of these releases; the files themselves are random. */
function releases(folder: string): string {
	const put = (url: string, bytes: Buffer | string) => {
		const file = join(folder, url.replace("https://", ""));
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, bytes);
	};
	const hex = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex");
	for (const { url, sum } of [
		...(kubernetesFiles("1.36.2", "x64") ?? []),
		...flatcarFiles("stable", "4230.2.4", "x64"),
	] as ReleaseFile[]) {
		put(url, url);
		const line = `${hex(sum.algorithm, url)}  ${url.replace(/^.*\//, "")}\n`;
		if ("url" in sum) put(sum.url, sum.algorithm === "sha512" ? `# SHA512 HASH\n${line}` : line);
	}
	const release = "42.20250803.3.0";
	const base = `https://builds.coreos.fedoraproject.org/prod/streams/stable/builds/${release}/x86_64/fedora-coreos-${release}-live-`;
	const ends = { kernel: "kernel-x86_64", initramfs: "initramfs.x86_64.img", rootfs: "rootfs.x86_64.img" };
	const pxe = Object.fromEntries(
		Object.entries(ends).map(([kind, end]) => {
			put(base + end, base + end);
			return [kind, { location: base + end, signature: "", sha256: hex("sha256", base + end) }];
		}),
	);
	const artifacts = { metal: { release, formats: { pxe } } };
	const published = { stream: "stable", release, architectures: { x86_64: { artifacts, media: artifacts } } };
	put(fedoraMetadata("stable", release), JSON.stringify(published));
	return folder;
}

/** A shell script that runs commands where /opt, /etc and the like are the test's own, with stand-ins for what installs and starts. */
async function script(t: ExecutionContext, commands: readonly string[], beside: boolean): Promise<string> {
	const folder = ownFolder(t);
	const [dnsmasq = "", ...libraries] = await debianFolders([...DNSMASQ, ...LIBRARIES]);
	const library = libraries
		.concat(dnsmasq)
		.map((one) => join(one, "usr/lib/x86_64-linux-gnu"))
		.join(":");
	const server = `LD_LIBRARY_PATH=${library} ${dnsmasq}/usr/sbin/dnsmasq --user=root --group=root --no-ping`;
	const bin = join(folder, "bin");
	mkdirSync(bin);
	// NOT systemd, apt or git: they stand in their places, and start the real coordinator and the real dnsmasq.
	const standIns = {
		"apt-get": "exit 0",
		git: "exit 0",
		npm: "exit 0",
		timedatectl: "echo yes",
		systemctl: `case "$*" in
*rollcall-coordinator) setsid $(sed -n 's/^ExecStart=//p' /etc/systemd/system/rollcall-coordinator.service) >${folder}/coordinator.log 2>&1 & ;;
"restart dnsmasq") ${server} --keep-in-foreground -C /etc/dnsmasq.d/rollcall.conf --pid-file= --dhcp-leasefile=${folder}/leases >${folder}/dnsmasq.log 2>&1 & sleep 1 ;;
esac`,
	};
	for (const [name, text] of Object.entries(standIns))
		writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
	const live = join(folder, "live");
	mkdirSync(live);
	for (const name of ["vmlinuz", "initrd.img", "filesystem.squashfs"]) writeFileSync(join(live, name), name);
	const from = releases(join(folder, "releases"));
	const over = (path: string) => {
		const name = path.replaceAll("/", "-");
		return `mkdir ${folder}/u${name} ${folder}/w${name}; mount -t overlay rollcall-test -o lowerdir=${path},upperdir=${folder}/u${name},workdir=${folder}/w${name} ${path}`;
	};
	const text = [
		"set -e",
		`mount -t tmpfs rollcall-test ${folder}/work`,
		...["/etc", "/usr/lib"].map(over).map((line) => line.replaceAll(`${folder}/`, `${folder}/work/`)),
		...["/opt", "/srv", "/root", "/var/lib"].map((path) => `mount -t tmpfs rollcall-test ${path}`),
		`mkdir -p /opt/rollcall /usr/lib/ipxe /etc/dnsmasq.d && mount --bind ${repository} /opt/rollcall`,
		`cp -r ${live} /srv/debian-live; for one in undionly.kpxe ipxe.efi; do echo $one > /usr/lib/ipxe/$one; done`,
		// Packing the real agent for machines takes seconds of a processor, and no machine boots here.
		`mount --bind ${writeAgentProgram(folder).file} /opt/rollcall/dist/agent/rollcall-agent`,
		`mount -t tmpfs rollcall-test /usr/local/bin; export HOME=/root PATH=${bin}:/usr/local/bin:$PATH`,
		// A DHCP server that is there already, on another machine.
		...(beside
			? [
					`ip netns exec ${"$"}OTHER sh -c '${server} --keep-in-foreground -C /dev/null -p 0 --dhcp-range=192.0.2.100,192.0.2.200 --pid-file= --dhcp-leasefile=${folder}/other >/dev/null 2>&1' &`,
				]
			: []),
		...commands.map((command) => {
			const here = command.startsWith("rollcall assets fetch") ? `${command} --from ${from}` : command;
			return `echo '--- ${command.replaceAll("'", "'\\''")}'\n${here}`;
		}),
	].join("\n");
	mkdirSync(join(folder, "work"));
	const file = join(folder, "page.sh");
	writeFileSync(file, `${text}\n`);
	return file;
}

const testWay = testNeeding(ROOT, namespaces(), await debianPackages([...DNSMASQ, ...LIBRARIES]));

for (const [system, dhcp, findings] of [
	[
		"flatcar",
		"dhcp-none",
		[/iPXE on lan is led to http:\/\/192\.0\.2\.1:7480\/boot\.ipxe/, /firmware \(BIOS\) on lan loads undionly\.kpxe/],
	],
	["fedora-coreos", "dhcp-beside", [/192\.0\.2\.50 gives addresses on lan/, /iPXE on lan is led to/]],
	["debian-live", "dhcp-isc", [/192\.0\.2\.50 gives addresses on lan/]],
] as const)
	testWay.serial(
		`the page's commands bring a coordinator to where machines can be switched on: ${system}, ${dhcp}`,
		async (t) => {
			t.timeout(stretched(240_000));
			// The coordinator's machine, and another one.
			const { onServer, onClient } = makeLan(t);
			const commands = way(system, dhcp)
				.filter(({ needsMachines }) => !needsMachines)
				// The one word of the page that a reader chooses.
				.map(({ text }) => text.replace("192.0.2.1 flatcar", `192.0.2.1 ${system}`));
			// What leads machines is on the ISC server, which this test does not have: the doctor says so, and the page goes on.
			const isc = dhcp === "dhcp-isc";
			const tried = commands.map((text) =>
				isc && text.startsWith("rollcall doctor") ? `${text} || echo "doctor: $?"` : text,
			);
			const file = await script(t, tried, dhcp !== "dhcp-none");
			const [ip = "ip", ...words] = [
				...onServer,
				"unshare",
				"--mount",
				"--pid",
				"--fork",
				"--mount-proc",
				"--kill-child",
				"sh",
				file,
			];
			const started = run(ip, words, { OTHER: onClient.at(-1) ?? "" });
			t.teardown(() => started.end("SIGKILL"));
			const { code } = await started.exited;
			const said = started.output();
			t.is(code, 0, said);
			t.regex(
				said,
				/ok {3}boot document: \/etc\/rollcall\/boot\.yaml: all \d files that it names are there, and whole/,
			);
			t.regex(said, /ok {3}ports: port 7480 on 192\.0\.2\.1 \(boot listener\) is held by this coordinator/);
			for (const finding of findings) t.regex(said, finding);
			t.regex(said, /room[\s\S]*declared/);
		},
	);
