import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { debianFolders, debianPackages, type Part } from "@rollcall/test-support/part";
import type { Running } from "@rollcall/test-support/running";
import type { ExecutionContext } from "ava";
import type { MovedTree } from "./moved-tree.ts";
import type { NodeNetwork } from "./network.ts";

/** Debian's HAProxy, and the packages that its libraries come from. */
const PACKAGES = [
	"haproxy",
	"liblua5.3-0",
	"libopentracing-c-wrapper0",
	"libopentracing1",
	"libpcre2-8-0",
	"libsystemd0",
];

/** HAProxy, as a part that tests need. */
export function haproxy(): Promise<Part> {
	return debianPackages(PACKAGES);
}

/**
 * Starts the node's balancer in its network: a real HAProxy with the rendered command and configuration.
 */
export async function startBalancer(_t: ExecutionContext, network: NodeNetwork, tree: MovedTree): Promise<Running> {
	const folders = await debianFolders(PACKAGES);
	const libraries = folders
		.map((folder) => join(folder, "usr/lib"))
		.filter(existsSync)
		.flatMap((base) => [base, ...readdirSync(base).map((name) => join(base, name))]);
	const program = join(tree.folder, "usr/local/sbin/haproxy");
	mkdirSync(dirname(program), { recursive: true });
	symlinkSync(join(folders[0] ?? "", "usr/sbin/haproxy"), program);
	const environment = [`PATH=${dirname(program)}:${process.env.PATH}`, `LD_LIBRARY_PATH=${libraries.join(":")}`];
	return network.start("env", [...environment, ...tree.command("api-balancer")]);
}
