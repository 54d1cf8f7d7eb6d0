import type { Facts } from "@rollcall/protocol";
import { haveText, needText, type RamBudget, type RamShare } from "./ram-budget.ts";

/**
 * Why the files of a role do not fit where they would lie: a tmpfs holds half of the RAM if nobody said otherwise, or what the boot
 * gave it. Undefined where they fit, or where nothing in RAM is told (a disk).
 */
export function tmpfsLack(role: string, { shares }: RamBudget, tmpfs: Facts["tmpfs"]): string | undefined {
	for (const { path, totalBytes, systemBytes = 0 } of tmpfs) {
		const lying = shares.filter(({ at, files = 0 }) => files > 0 && at !== undefined && holderOf(at, tmpfs) === path);
		const needed = lying.reduce((sum, { files = 0 }) => sum + files, 0);
		if (needed + systemBytes <= totalBytes) continue;
		const taken = systemBytes > 0 ? `, ${haveText(systemBytes)} of it taken by the operating system` : "";
		const list = lying.map((share) => partText(share)).join(", ");
		return `the role ${role} keeps ${needText(needed)} of files in the tmpfs ${path}, which has ${haveText(totalBytes)}${taken} (${list}); boot the machine with a larger one`;
	}
	return undefined;
}

function partText({ what, files = 0 }: RamShare): string {
	return `${what} ${needText(files)}`;
}

/** The tmpfs that a path lies in: the one mounted nearest above it. */
function holderOf(path: string, tmpfs: Facts["tmpfs"]): string | undefined {
	return tmpfs
		.map((room) => room.path)
		.filter((root) => root === "/" || path === root || path.startsWith(`${root}/`))
		.sort((a, b) => b.length - a.length)[0];
}
