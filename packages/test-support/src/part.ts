import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Something that tests need of the computer that they run on. */
export interface Part {
	/** Why it is not to be had here; undefined where it is. */
	readonly missing: string | undefined;
	/** Where continuous integration runs, a part that is missing fails the tests that need it, unless it is optional. */
	readonly optional?: boolean;
}

/** The rights of root, such as for mounting. */
export const ROOT: Part = { missing: process.getuid?.() === 0 ? undefined : "it needs root" };

/** Network namespaces, which are made with ip(8). */
export function namespaces(): Part {
	const name = `rcp${randomBytes(4).toString("hex")}`;
	const made = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
	if (made.status !== 0) return { missing: `no network namespaces here: ${made.error?.message ?? made.stderr.trim()}` };
	spawnSync("ip", ["netns", "delete", name]);
	return { missing: undefined };
}

/** A program of this computer that answers `--version`. */
export function program(name: string): Part {
	return { missing: spawnSync(name, ["--version"]).status === 0 ? undefined : `there is no ${name} here` };
}

/** Packages of Debian, unpacked below `.cache` and not installed. Fetched where they are not there yet. */
export async function debianPackages(names: readonly string[]): Promise<Part> {
	try {
		await debianFolders(names);
		return { missing: undefined };
	} catch (error) {
		if (!(error instanceof Error) || error.name !== "PackageUnavailable") throw error;
		return { missing: `Debian's ${names[0]} is not to be had here: ${error.message}` };
	}
}

/** The folders into which such packages were unpacked. Throws PackageUnavailable. */
export async function debianFolders(names: readonly string[]): Promise<string[]> {
	const script = join(import.meta.dirname, "../../../scripts/debian-package.mjs");
	const { debianPackages } = (await import(script)) as { debianPackages(names: readonly string[]): string[] };
	return debianPackages(names);
}

/** Programs of Kubernetes in the folder that `KUBE_BIN` names. Throws where the folder lacks one. */
export function kubernetes(...programs: readonly string[]): Part {
	const folder = process.env.KUBE_BIN;
	if (!folder) return { missing: `set KUBE_BIN to a folder with ${programs.join(", ")}`, optional: true };
	for (const one of programs) if (!existsSync(join(folder, one))) throw new Error(`KUBE_BIN has no ${one}`);
	return { missing: undefined };
}
