import { execFile } from "node:child_process";
import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { nameIptables } from "./iptables.ts";

const run = promisify(execFile);

/** What a lab machine is made of. */
export const SYSTEM_PACKAGES = [
	"linux-image-cloud-amd64",
	"ignition",
	"base-files",
	"base-passwd",
	"bash",
	"busybox-static",
	"coreutils",
	"dash",
	"dbus",
	"grep",
	"iproute2",
	"kmod",
	"libc-bin",
	"libgcc-s1",
	"libstdc++6",
	"login",
	"nftables",
	"procps",
	"sed",
	"systemd",
	"systemd-sysv",
	"udev",
	"util-linux",
] as const;

/** How containers run on a lab machine: not at all (a stand-in is active in its place), or by what the coordinator brings, since its system has nothing for them. */
export type ContainerRuntime = "stand-in" | "brought";

/** What a node's operating system has to have, whoever brings kubelet and what runs containers. */
export const NODE_PACKAGES = ["iptables", "mount", "conntrack"] as const;

/** Needed by scripts of packages only, and no script is run. */
export const SCRIPT_PACKAGES =
	/^(?:perl.*|libperl.*|lib.*-perl|usrmerge|debconf|dpkg|adduser|gcc-.*-base|libgdbm.*|libdb5.*|linux-base|initramfs-tools.*|klibc-utils|libklibc|linux-image-cloud-amd64)$/;

/** What the machine's bus and network need, and what a node's target has loaded. Modules that these need come too. */
const MODULES = [
	"virtio_pci",
	"virtio_net",
	"virtio_rng",
	"overlay",
	"br_netfilter",
	"vxlan",
	"nf_conntrack",
	"nf_tables",
	"nft_chain_nat",
	"nft_masq",
] as const;

/** What kube-proxy's rules and the networks of pods have the kernel load by itself: folders of modules, below `kernel`. */
const NODE_MODULES =
	/^kernel\/(?:net\/(?:netfilter|ipv4\/netfilter|ipv6\/netfilter|bridge|802|llc)|lib)\/|^kernel\/drivers\/net\/veth\.ko$/;

/** For people or for building programs, or for systems with a disk. */
const UNUSED = [
	"boot",
	"usr/bin/ignition-validate",
	"usr/games",
	"usr/include",
	// For disks, consoles and boot loaders; each is run at every reload.
	"usr/lib/systemd/system-generators",
	"usr/lib/udev/hwdb.d",
	"usr/lib/x86_64-linux-gnu/gconv",
	"usr/lib/x86_64-linux-gnu/perl-base",
	"usr/share/bash-completion",
	"usr/share/doc",
	"usr/share/info",
	"usr/share/lintian",
	"usr/share/locale",
	"usr/share/man",
	"usr/share/zsh",
	"usr/src",
] as const;

/** What lies on the machine's own root file system; /usr is shared with the initramfs, read-only. */
const ROOT_FOLDERS = ["etc", "home", "mnt", "opt", "root", "srv", "tmp", "var"] as const;

/** The plugins that the pod network of a default document calls. */
const PLUGINS = ["loopback", "bridge", "host-local", "portmap"] as const;

/** Turns a tree of unpacked packages into the tree of the initramfs, in place. Returns the kernel. */
export async function makeSystem(tree: string, parts: string, runtime: ContainerRuntime): Promise<Uint8Array> {
	const kernel = (await readdir(join(tree, "boot"))).find((name) => name.startsWith("vmlinuz-"));
	if (!kernel) throw new Error("Debian's kernel package holds no kernel");
	const image = await readFile(join(tree, "boot", kernel));
	await keepModules(tree, kernel.slice("vmlinuz-".length), runtime === "brought" ? NODE_MODULES : undefined);
	for (const path of UNUSED) await rm(join(tree, path), { recursive: true, force: true });

	await fillRoot(tree);
	await put(join(parts, "init"), join(tree, "init"));
	await put(join(parts, "address"), join(tree, "lab/address"));
	if (runtime === "stand-in") {
		for (const program of ["kubelet", "containerd"]) await put(join(parts, program), join(tree, "usr/bin", program));
		// What the stand-in for containerd would call: nothing runs them, and a machine without them gets no role.
		const called = ["usr/bin/runc", ...PLUGINS.map((name) => `lab/root/opt/cni/bin/${name}`)];
		for (const path of called) await put(join(parts, "empty-program"), join(tree, path));
	} else await nameIptables(tree);
	await put(join(parts, "empty-program"), join(tree, "usr/sbin/setfiles"));
	await put(join(parts, "80-lab.preset"), join(tree, "usr/lib/systemd/system-preset/80-lab.preset"), 0o644);
	return image;
}

/** Moves what a machine owns to /lab/root, from where its first program copies it. */
async function fillRoot(tree: string): Promise<void> {
	const root = join(tree, "lab/root");
	await mkdir(root, { recursive: true });
	for (const name of ROOT_FOLDERS) {
		const from = join(tree, name);
		await cp(from, join(root, name), { recursive: true, verbatimSymlinks: true, force: true }).catch(
			async (error: NodeJS.ErrnoException) => {
				if (error.code !== "ENOENT") throw error;
				await mkdir(join(root, name));
			},
		);
		if (name !== "etc") await rm(from, { recursive: true, force: true });
	}
	await chmod(join(root, "tmp"), 0o1777);
	for (const name of ["bin", "sbin", "lib", "lib64"])
		await cp(join(tree, name), join(root, name), { verbatimSymlinks: true });
	for (const name of ["passwd", "group"])
		await copyFile(join(tree, "usr/share/base-passwd", `${name}.master`), join(root, "etc", name));
	for (const name of ["run", "lock"]) {
		await rm(join(root, "var", name), { recursive: true, force: true });
		await symlink(name === "run" ? "/run" : "/run/lock", join(root, "var", name));
	}
	await mkdir(join(root, "etc/systemd/system"), { recursive: true });
	for (const unit of MASKED) await symlink("/dev/null", join(root, "etc/systemd/system", unit));
	for (const [path, text] of Object.entries(ROOT_FILES)) {
		await mkdir(dirname(join(root, path)), { recursive: true });
		await writeFile(join(root, path), text);
	}
}

/** They ask a person at the console, serve people who log in, or look for hardware: a lab machine has nothing of it. */
const MASKED = [
	"dev-hugepages.mount",
	"dev-mqueue.mount",
	"getty@.service",
	"modprobe@.service",
	"proc-sys-fs-binfmt_misc.automount",
	"serial-getty@.service",
	"sys-kernel-debug.mount",
	"sys-kernel-tracing.mount",
	"systemd-ask-password-console.path",
	"systemd-ask-password-wall.path",
	"systemd-firstboot.service",
	"systemd-hwdb-update.service",
	"systemd-initctl.socket",
	"systemd-logind.service",
	"systemd-random-seed.service",
	"systemd-tmpfiles-clean.timer",
	"systemd-udev-trigger.service",
	"systemd-update-utmp-runlevel.service",
	"systemd-update-utmp.service",
	"systemd-user-sessions.service",
] as const;

const ROOT_FILES: Readonly<Record<string, string>> = {
	// systemd enables what Ignition wants enabled only at a first boot, and this is how it knows one.
	"etc/machine-id": "uninitialized\n",
	"etc/hostname": "lab\n",
	"etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
	"etc/fstab": "",
	// Ignition relabels what it wrote, as this tells it.
	"etc/selinux/config": "SELINUX=disabled\nSELINUXTYPE=targeted\n",
	"etc/systemd/journald.conf.d/lab.conf": "[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n",
};

/** Keeps the wanted modules and what they need, and makes the index of them. */
async function keepModules(tree: string, release: string, also?: RegExp): Promise<void> {
	const folder = join(tree, "usr/lib/modules", release);
	await depmod(tree, release);
	const needs = new Map<string, readonly string[]>();
	for (const line of (await readFile(join(folder, "modules.dep"), "utf8")).split("\n")) {
		const [path, ...others] = line.replace(":", "").split(" ").filter(Boolean);
		if (path) needs.set(path, others);
	}
	const builtin = await readFile(join(folder, "modules.builtin"), "utf8");
	const kept = new Set<string>();
	for (const name of MODULES) {
		const file = new RegExp(`/${name.replaceAll("_", "[-_]")}\\.ko$`, "m");
		const path = [...needs.keys()].find((one) => file.test(one));
		if (path) for (const one of [path, ...(needs.get(path) ?? [])]) kept.add(one);
		else if (!file.test(builtin)) throw new Error(`Debian's kernel ${release} has no module ${name}`);
	}
	for (const [path, others] of needs) if (also?.test(path)) for (const one of [path, ...others]) kept.add(one);
	for (const path of needs.keys()) if (!kept.has(path)) await rm(join(folder, path));
	await depmod(tree, release);
}

/** Runs the tree's own depmod, with the tree's own libraries. */
async function depmod(tree: string, release: string): Promise<void> {
	const library = join(tree, "usr/lib/x86_64-linux-gnu");
	const loader = join(library, "ld-linux-x86-64.so.2");
	const words = ["--library-path", library, "--argv0", "depmod", join(tree, "usr/bin/kmod"), "-b", tree, release];
	await run(loader, words);
}

async function put(from: string, to: string, mode = 0o755): Promise<void> {
	await mkdir(dirname(to), { recursive: true });
	await copyFile(from, to);
	await chmod(to, mode);
}
