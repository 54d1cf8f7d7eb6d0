// Unpacks a package of the machine's own Debian release below .cache, without installing it: for tests against real programs.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");

/** A package cannot be had here; the message says why and what would help. */
export class PackageUnavailable extends Error {
	name = "PackageUnavailable";
}

function run(command, args, cwd) {
	const result = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 300_000 });
	if (result.error) throw new PackageUnavailable(`${command} cannot be run (${result.error.message})`);
	if (result.status !== 0) {
		throw new PackageUnavailable(
			`${command} ${args.join(" ")} ended with ${result.status}: ${result.stderr.slice(-500)}`,
		);
	}
	return result.stdout;
}

/**
 * The folder into which a package was unpacked. Downloads it through the machine's apt sources on first use; several
 * processes may ask at once. Throws PackageUnavailable where there is no apt, no such package or no network.
 */
export function debianPackage(name, cache = path.join(root, ".cache", "debian")) {
	if (!/^[a-z0-9][a-z0-9.+-]*$/.test(name)) throw new PackageUnavailable(`${name} is not a package name`);
	const target = path.join(cache, name);
	if (fs.existsSync(target)) return target;
	fs.mkdirSync(cache, { recursive: true });
	const work = fs.mkdtempSync(path.join(cache, ".unpack-"));
	try {
		run("apt-get", ["download", name], work);
		const file = fs.readdirSync(work).find((entry) => entry.endsWith(".deb"));
		if (!file) throw new PackageUnavailable(`apt-get download ${name} brought nothing`);
		const tree = path.join(work, "tree");
		run("dpkg", ["-x", path.join(work, file), tree], work);
		try {
			fs.renameSync(tree, target);
		} catch (error) {
			// Another process was faster.
			if (!fs.existsSync(target)) throw error;
		}
		return target;
	} finally {
		fs.rmSync(work, { recursive: true, force: true });
	}
}

if (process.argv[1] === import.meta.filename) {
	try {
		for (const name of process.argv.slice(2)) console.log(debianPackage(name));
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	}
}
