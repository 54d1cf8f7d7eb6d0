import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import { type Running, repository } from "../support/processes.ts";
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

/**
 * Starts the node's balancer in its network: a real HAProxy with the rendered command and configuration. Undefined where there
 * is none to be had; the test's log says so.
 */
export async function startBalancer(
	t: ExecutionContext,
	network: NodeNetwork,
	tree: MovedTree,
): Promise<Running | undefined> {
	const script = join(repository, "scripts/debian-package.mjs");
	const { debianPackage } = (await import(script)) as { debianPackage(name: string): string };
	let folders: string[];
	try {
		folders = PACKAGES.map((name) => debianPackage(name));
	} catch (error) {
		if (process.env.CI === "true") throw error;
		t.log(`SKIPPED: there is no HAProxy: ${(error as Error).message}`);
		return undefined;
	}
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
