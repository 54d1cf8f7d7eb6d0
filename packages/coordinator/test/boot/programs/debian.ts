import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { ExecutionContext } from "ava";

const root = path.resolve(import.meta.dirname, "../../../../..");

/** How a program of a Debian package ended. */
export interface Ended {
	readonly status: number | null;
	readonly output: string;
}

/**
 * A real program out of a Debian package that is unpacked below `.cache` and not installed, together with the packages that
 * its libraries come from. Undefined where there is none to be had; the test's log then says loudly that it was skipped.
 */
export async function debianProgram(
	t: ExecutionContext,
	wanted: { readonly program: string; readonly packages: readonly string[] },
): Promise<((args: readonly string[], input?: string) => Ended) | undefined> {
	const script = path.join(root, "scripts/debian-package.mjs");
	const { debianPackage } = (await import(script)) as { debianPackage(name: string): string };
	let folders: string[];
	try {
		folders = wanted.packages.map((name) => debianPackage(name));
	} catch (error) {
		if (!(error instanceof Error) || error.name !== "PackageUnavailable") throw error;
		t.log(`SKIPPED: ${wanted.program} of Debian's ${wanted.packages[0]} is not to be had here: ${error.message}`);
		return undefined;
	}
	const program = path.join(folders[0] ?? "", wanted.program);
	const libraries = folders.flatMap((folder) => {
		const base = path.join(folder, "usr/lib");
		return fs.existsSync(base) ? fs.readdirSync(base).map((name) => path.join(base, name)) : [];
	});
	return (args, input) => {
		const env = { ...process.env, LD_LIBRARY_PATH: libraries.join(":") };
		const result = spawnSync(program, args, { encoding: "utf8", env, input: input ?? "", timeout: 60_000 });
		return { status: result.status, output: `${result.stdout}${result.stderr}` };
	};
}

/** CoreOS' own validator, of Ignition 2.14 (spec 3.3). */
export async function ignitionValidate(t: ExecutionContext): Promise<((config: unknown) => Ended) | undefined> {
	const run = await debianProgram(t, { program: "usr/bin/ignition-validate", packages: ["ignition"] });
	return run && ((config) => run(["-"], JSON.stringify(config)));
}
