import type { Facts } from "@rollcall/protocol";
import { readOwnFile } from "../own-file.ts";
import type { Source } from "./read-text.ts";

/** Modules that a node may need (modules-load.d(5) of its target), or that tell what else could be done there. */
const ASKED = [
	...["overlay", "br_netfilter", "nf_conntrack", "nf_tables", "nft_compat", "ip_tables", "iptable_nat", "ip6_tables"],
	...["xt_set", "ip_set", "ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "vxlan", "wireguard", "ipip", "macvlan", "tun"],
	...["nfs", "nfsv4", "loop", "erofs", "squashfs", "zram"],
];

/**
 * Which of the modules are built in, loaded, or can be loaded (modules.dep(5), modules.builtin(5), /proc/modules). Undefined where
 * the kernel's modules cannot be seen at all: then nobody can say what is missing.
 */
export function readModules(root: string, source: Source, kernel: string): Facts["modules"] {
	if (!/^[\w.+~-]+$/.test(kernel)) return undefined;
	const folders = ["/lib/modules", "/usr/lib/modules"].map(
		(folder) => `${root === "/" ? "" : root}${folder}/${kernel}`,
	);
	const index = folders.map((folder) => readIndex(`${folder}/modules.dep`)).find((text) => text !== undefined);
	if (index === undefined) return undefined;
	const builtIn = folders.map((folder) => readIndex(`${folder}/modules.builtin`)).find((text) => text !== undefined);
	// `kernel/net/bridge/br_netfilter.ko.xz: kernel/...`, also without the modules that it needs.
	const files = [...index.split("\n"), ...(builtIn ?? "").split("\n")].flatMap(
		(line) => /([^/:]+)\.ko(?:\.\w+)?(?::|$)/.exec(line)?.[1] ?? [],
	);
	const loaded = (source.text("/proc/modules") ?? "").split("\n").flatMap((line) => line.split(" ")[0] ?? []);
	const present = new Set([...files, ...loaded].map((name) => name.replaceAll("-", "_")));
	return ASKED.filter((name) => present.has(name) || source.names(`/sys/module/${name}`).length > 0);
}

function readIndex(path: string): string | undefined {
	try {
		return readOwnFile(path);
	} catch {
		return undefined;
	}
}
