import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Facts } from "@rollcall/protocol";
import test from "ava";
import { readMemory } from "../src/adapters/facts/capacity.ts";
import { createFactsReader } from "../src/adapters/facts/facts.ts";
import { readModules } from "../src/adapters/facts/modules.ts";
import { createPrograms, hasBridgeTool } from "../src/adapters/facts/programs.ts";
import { createSource } from "../src/adapters/facts/read-text.ts";
import { type SystemShare, withSystemShare } from "../src/adapters/facts/system-share.ts";
import { temporaryRoot, writeFiles } from "./support/machine.ts";
import { BOOT } from "./support/targets.ts";

const GI = 2 ** 30;

test("swap, the part of it that is compressed RAM, and huge pages of all sizes are told", (t) => {
	const root = temporaryRoot(t);
	writeFiles(root, {
		"/proc/meminfo": `MemTotal: ${8 * 2 ** 20} kB\nMemAvailable: ${4 * 2 ** 20} kB\nSwapTotal: 3145728 kB\nHugePages_Total: 512\nHugepagesize: 2048 kB\nHugetlb: 3145728 kB\n`,
		"/proc/swaps":
			"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/zram0 partition\t1048576\t0\t100\n/dev/sda2 partition\t2097152\t0\t-2\n",
	});
	const source = createSource(root);
	const memory = { totalBytes: 8 * GI, availableBytes: 4 * GI, swapBytes: 3 * GI, zramBytes: GI };
	t.deepEqual(readMemory(source), { ...memory, hugePagesBytes: 3 * GI });
	writeFiles(root, { "/proc/meminfo": "HugePages_Total: 512\nHugepagesize: 2048 kB\n" });
	t.is(readMemory(source).hugePagesBytes, GI);
});

test("modules are told that are built in, loaded or can be loaded, whatever their file is packed with; none where the kernel shows none", (t) => {
	const root = temporaryRoot(t);
	const source = createSource(root);
	t.is(readModules(root, source, "6.1"), undefined);
	writeFiles(root, {
		"/usr/lib/modules/6.1/modules.dep":
			"kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\nkernel/drivers/net/vxlan/vxlan.ko:\n",
		"/usr/lib/modules/6.1/modules.builtin": "kernel/fs/overlayfs/overlay.ko\nkernel/net/netfilter/ipset/ip-set.ko\n",
		"/proc/modules": "nf_conntrack 172032 2 - Live 0x0\n",
		"/sys/module/tun/refcnt": "0\n",
	});
	t.deepEqual(readModules(root, source, "6.1"), ["overlay", "br_netfilter", "nf_conntrack", "ip_set", "vxlan", "tun"]);
	t.is(readModules(root, source, "../6.1"), undefined);
});

test("programs are told with their path and version, by the folder that comes first, and asked again only when they are others", async (t) => {
	const root = temporaryRoot(t);
	const script = (answer: string) => `#!/bin/sh\necho asked >> ${root}/asked\necho '${answer}'\n`;
	const put = (path: string, text: string) => {
		writeFiles(root, { [path]: text });
		return join(root, path);
	};
	const { chmodSync } = await import("node:fs");
	const programs: Record<string, string> = {
		"/bin/containerd": "containerd github.com/containerd/containerd v2.1.4 75cb2b7193e4e490e9fbdc236c0e811ccaba3376",
		"/bin/kubelet": "Kubernetes v1.36.2",
		"/late/kubelet": "Kubernetes v1.30.0",
		"/bin/iptables": "iptables v1.8.9 (nf_tables)",
		"/bin/mount.nfs": "mount.nfs: (linux nfs-utils 2.6.2)",
		"/bin/runc": "no version at all",
		"/bin/kubectl": "Client Version: v1.36.1\nKustomize Version: v5.7.1",
		"/cni/host-local": "CNI host-local plugin v1.9.1\nCNI protocol versions supported: 0.1.0, 1.1.0",
		"/cni/portmap": "CNI portmap plugin version unknown\nCNI protocol versions supported: 0.1.0, 1.1.0",
	};
	for (const [path, answer] of Object.entries(programs)) chmodSync(put(path, script(answer)), 0o755);
	put("/bin/crictl", "not to be run");
	const find = createPrograms([`${root}/bin`, `${root}/late`], [`${root}/cni`]);
	const expected = [
		{ name: "containerd", path: `${root}/bin/containerd`, version: "2.1.4" },
		{ name: "runc", path: `${root}/bin/runc` },
		{ name: "kubelet", path: `${root}/bin/kubelet`, version: "1.36.2" },
		{ name: "kubectl", path: `${root}/bin/kubectl`, version: "1.36.1" },
		{ name: "iptables", path: `${root}/bin/iptables`, version: "1.8.9" },
		{ name: "mount.nfs", path: `${root}/bin/mount.nfs`, version: "2.6.2" },
		{ name: "host-local", path: `${root}/cni/host-local`, version: "1.9.1" },
		{ name: "portmap", path: `${root}/cni/portmap` },
	];
	t.deepEqual(await find(), expected);
	t.deepEqual(await find(), expected);
	t.is(readFileSync(`${root}/asked`, "utf8").trim().split("\n").length, 8);
	writeFileSync(`${root}/bin/kubelet`, script("Kubernetes v1.36.10"));
	t.is((await find()).find(({ name }) => name === "kubelet")?.version, "1.36.10");
	// A plugin of that name is another program.
	put("/cni/bridge", script(""));
	chmodSync(join(root, "cni/bridge"), 0o755);
	t.false(hasBridgeTool([`${root}/bin`]));
	chmodSync(put("/bin/bridge", script("")), 0o755);
	t.true(hasBridgeTool([`${root}/bin`]));
});

test("a program that is slow to tell its version keeps no other one waiting", async (t) => {
	const root = temporaryRoot(t);
	mkdirSync(`${root}/bin`);
	// Each waits until the other one was asked, too.
	for (const [name, other] of [
		["containerd", "runc"],
		["runc", "containerd"],
	] as const)
		writeFileSync(
			`${root}/bin/${name}`,
			`#!/bin/sh\n: > ${root}/${name}\nuntil [ -e ${root}/${other} ]; do sleep 0.01; done\necho ${name} 1.2.3\n`,
			{ mode: 0o755 },
		);
	const found = await createPrograms([`${root}/bin`], [])();
	t.deepEqual(
		found.map(({ name, version }) => [name, version]),
		[
			["containerd", "1.2.3"],
			["runc", "1.2.3"],
		],
	);
});

test("what the system takes is measured before the agent wrote anything, kept for the boot, and not guessed afterwards", async (t) => {
	const root = temporaryRoot(t);
	writeFiles(root, { "/proc/sys/kernel/random/boot_id": BOOT });
	const facts = await createFactsReader({ root, rehearsal: undefined }).read();
	const at = (availableGi: number, freeGi: number): Facts => ({
		...facts,
		memory: { totalBytes: 4 * GI, availableBytes: availableGi * GI, hugePagesBytes: GI },
		tmpfs: [{ path: "/", totalBytes: 2 * GI, freeBytes: freeGi * GI }],
	});
	const share: SystemShare = { path: `${root}/run/share.json`, untouched: () => true };
	const touched = { ...share, untouched: () => false };
	t.is(withSystemShare(at(2, 1), touched).memory.systemBytes, undefined);
	const first = Facts.parse(withSystemShare(at(2, 1), share));
	t.is(first.memory.systemBytes, GI);
	t.is(first.tmpfs[0]?.systemBytes, GI);
	const later = withSystemShare(at(1, 0), touched);
	t.deepEqual([later.memory.systemBytes, later.tmpfs[0]?.systemBytes], [GI, GI]);
	writeFiles(root, { "/run/share.json": "{" });
	t.is(withSystemShare(at(1, 0), touched).memory.systemBytes, undefined);
});
