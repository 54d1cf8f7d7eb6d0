import { symlink } from "node:fs/promises";
import { join } from "node:path";

const NAMES = ["iptables", "ip6tables"].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);

/** Gives the programs of Debian's iptables their usual names in an unpacked tree, which a script of the package would do. */
export async function nameIptables(tree: string): Promise<void> {
	for (const name of NAMES) await symlink("xtables-nft-multi", join(tree, "usr/sbin", name));
}
