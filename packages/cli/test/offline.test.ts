// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how iPXE writes settings
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { parse } from "yaml";
import { runCli, temporaryFolder } from "./support/cli.ts";

const deploy = join(import.meta.dirname, "../../../deploy");

/** A folder as matchbox's documentation describes it: two stages of an installation, and a machine that stays in RAM. */
const MATCHBOX = {
	"groups/site/first.json": { id: "first", name: "To the disk", profile: "installer", selector: {} },
	"groups/site/second.json": { id: "second", profile: "os", selector: { os: "installed" }, metadata: { rack: "a" } },
	"groups/ram.json": { id: "ram", profile: "live", selector: { mac: "52:54:00:00:00:07" } },
	"profiles/installer.json": {
		id: "installer",
		boot: {
			kernel: "/assets/os/1/vmlinuz",
			initrd: ["/assets/os/1/image.cpio.gz"],
			args: ["initrd=image.cpio.gz", "flatcar.config.url=http://boot.example:8080/ignition?uuid=${uuid}"],
		},
		ignition_id: "users.ign",
	},
	"profiles/os.json": { id: "os", boot: { kernel: "/assets/os/1/vmlinuz", args: [] }, ignition_id: "users.ign" },
	"profiles/live.json": {
		id: "live",
		boot: {
			kernel: "/assets/live/kernel",
			initrd: ["--name main /assets/live/initramfs.img"],
			args: ["initrd=main", "coreos.live.rootfs_url=http://boot.example:8080/assets/live/rootfs.img"],
		},
		generic_id: "notes.txt",
	},
	"ignition/users.ign": {
		ignition: { version: "3.3.0" },
		passwd: { users: [{ name: "core", sshAuthorizedKeys: ["ssh-ed25519 AAAA"] }] },
	},
	"assets/os/1/vmlinuz": "a kernel, not read",
};

async function folderOf(t: ExecutionContext, files: Readonly<Record<string, unknown>>): Promise<string> {
	const folder = await temporaryFolder(t);
	for (const [name, content] of Object.entries(files)) {
		await mkdir(dirname(join(folder, name)), { recursive: true });
		await writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
	}
	return folder;
}

test("dnsmasq's configurations come without a coordinator, and are those in deploy/", async (t) => {
	const common = ["render", "dnsmasq", "--url", "http://192.0.2.1:7480"];
	const proxy = await runCli(t, [...common, "--mode", "proxy", "--range", "192.0.2.0"]);
	t.is(proxy.stdout, await readFile(join(deploy, "dnsmasq/proxy.conf"), "utf8"), proxy.stderr);
	const words = ["--mode", "full", "--range", "192.0.2.100-192.0.2.200", "--interface", "br-lab"];
	const lan = ["--router", "192.0.2.254", "--dns", "192.0.2.254", "--dns", "192.0.2.2", "--domain", "lab.example"];
	const full = await runCli(t, [...common, ...words, ...lan]);
	t.is(full.stdout, await readFile(join(deploy, "dnsmasq/full.conf"), "utf8"), full.stderr);
	t.is(full.stderr, "");
	const silent = await runCli(t, [...common, ...words, "--dns", "192.0.2.1"]);
	t.is(silent.code, 0);
	t.regex(
		silent.stderr,
		/^this dnsmasq answers no DNS \(port=0\): --dns 192\.0\.2\.1 is right only where something else/,
	);
});

test("an option that dnsmasq could not take is named", async (t) => {
	const common = ["render", "dnsmasq", "--mode", "full", "--url", "http://192.0.2.10"];
	for (const [words, named] of [
		[["--range", "192.0.2.1"], /--range: a full DHCP server needs the last address/],
		[["--range", "192.0.2.1-192.0.2.9", "--bios", "a\nb"], /--bios: /],
		[["--range", "192.0.2.1-192.0.2.9", "--lease", "1s"], /--lease: /],
	] as const) {
		const ended = await runCli(t, [...common, ...words]);
		t.is(ended.code, 2);
		t.regex(ended.stderr, named);
		t.is(ended.stdout, "");
	}
});

test("a matchbox folder becomes a boot document, and what is left out is named", async (t) => {
	const folder = await folderOf(t, MATCHBOX);
	const out = join(folder, "boot.yaml");
	const ended = await runCli(t, ["import", "matchbox", folder, "--out", out]);
	t.is(ended.code, 1, ended.stderr);
	t.is(ended.stdout, "");
	t.regex(ended.stderr, /left out: profiles\/live\.json: its generic_id/);
	t.regex(ended.stderr, /3 profiles, 3 groups, 1 Ignition parts\n/);
	t.regex(ended.stderr, /of what machines boot with was left out/);
	const document = parse(await readFile(out, "utf8"));
	t.deepEqual(
		document.groups.map((group: { name: string; selector: unknown }) => [group.name, group.selector]),
		[
			["ram", { request: { mac: "52:54:00:00:00:07" } }],
			["first", {}],
			["second", { request: { os: "installed" } }],
		],
	);
	t.true(document.profiles[0].args.includes("flatcar.config.url={{ignition}}"));
	const again = await runCli(t, ["import", "matchbox", folder, "--out", out]);
	t.is(again.code, 2);
	t.regex(again.stderr, /it exists already/);
});

test("a folder that is none of matchbox's is refused", async (t) => {
	const ended = await runCli(t, ["import", "matchbox", await folderOf(t, { "a.txt": "b" })]);
	t.is(ended.code, 2);
	t.regex(ended.stderr, /no groups\/, profiles\/ or ignition\/ with files in it/);
});

test("Butane becomes Ignition, with files of a folder", async (t) => {
	const yaml = `variant: fcos
version: 1.4.0
storage:
  files:
    - path: /etc/motd
      contents: {local: motd}
`;
	const folder = await folderOf(t, { "a.yaml": yaml, "files/motd": "hello" });
	const ended = await runCli(t, ["ignition", "convert", join(folder, "a.yaml"), "--files-dir", join(folder, "files")]);
	t.is(ended.code, 0, ended.stderr);
	const config = JSON.parse(ended.stdout);
	t.is(config.ignition.version, "3.3.0");
	t.is(config.storage.files[0].contents.source, "data:,hello");
});

test("everything that is wrong with Butane is named with line and path", async (t) => {
	const yaml = "variant: flatcar\nversion: 1.0.0\nstorage:\n  files:\n    - pth: /a\nsystemd: 7\n";
	const folder = await folderOf(t, { "a.yaml": yaml });
	const ended = await runCli(t, ["ignition", "convert", join(folder, "a.yaml")]);
	t.is(ended.code, 2);
	t.regex(ended.stderr, /storage\.files\[0\]\.pth: line 5: there is no such field/);
	t.regex(ended.stderr, /systemd: line 6: /);
	t.is(ended.stdout, "");
});
