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
 * The folders into which packages were unpacked. Downloads those that are not there yet through the machine's apt sources, all at once, since apt reads
 * its lists anew for each call; several processes may ask at once. Throws PackageUnavailable where there is no apt, no such package or no network.
 */
export function debianPackages(names, cache = path.join(root, ".cache", "debian")) {
	for (const name of names)
		if (!/^[a-z0-9][a-z0-9.+-]*$/.test(name)) throw new PackageUnavailable(`${name} is not a package name`);
	const missing = names.filter((name) => !fs.existsSync(path.join(cache, name)));
	if (missing.length > 0) unpackAll(missing, cache);
	return names.map((name) => path.join(cache, name));
}

function unpackAll(names, cache) {
	fs.mkdirSync(cache, { recursive: true });
	const work = fs.mkdtempSync(path.join(cache, ".unpack-"));
	try {
		run("apt-get", [...aptOptions(cache), "download", ...names], work);
		const files = fs.readdirSync(work);
		for (const name of names) {
			const file = files.find((entry) => entry.startsWith(`${name}_`) && entry.endsWith(".deb"));
			if (!file) throw new PackageUnavailable(`apt-get download ${name} brought nothing`);
			const tree = path.join(work, name);
			run("dpkg", ["-x", path.join(work, file), tree], work);
			try {
				fs.renameSync(tree, path.join(cache, name));
			} catch (error) {
				// Another process was faster.
				if (!fs.existsSync(path.join(cache, name))) throw error;
			}
		}
	} finally {
		fs.rmSync(work, { recursive: true, force: true });
	}
}

/** apt's index of all packages is kept there, which takes a second of the processor to make. */
function aptOptions(cache) {
	const kept = path.join(cache, ".apt");
	fs.mkdirSync(path.join(kept, "archives/partial"), { recursive: true });
	return ["-o", `Dir::Cache=${kept}`, "-o", "Dir::Cache::pkgcache=pkgcache.bin", "-o", "Dir::Cache::srcpkgcache="];
}

if (process.argv[1] === import.meta.filename) {
	try {
		for (const folder of debianPackages(process.argv.slice(2))) console.log(folder);
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	}
}
