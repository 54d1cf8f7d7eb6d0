import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { alone } from "./alone.ts";

const execute = promisify(execFile);

/** A part of the lab cannot be had on this computer. Says which, why, and what would help. */
export class LabUnavailable extends Error {
	override readonly name = "LabUnavailable";
}

/** Packages of this computer's Debian release, fetched through its own apt sources and unpacked; nothing is installed. */
export interface PackageWish {
	readonly names: readonly string[];
	/**
	 * `this-computer`: what is missing here to run the named programs. `nothing`: all that a system made of these packages
	 * needs.
	 */
	readonly beside: "this-computer" | "nothing";
	/** Names that are left out of what apt adds by itself. */
	readonly without?: RegExp;
}

/**
 * Unpacks packages and what they need into the folder `tree`, where it is not there yet. apt's lists and archives stay below
 * `cache`; who else needs packages meanwhile waits, since apt does not share its lists. Throws LabUnavailable where there is no apt, no such package or no network.
 */
export async function unpackPackages(wish: PackageWish, tree: string, cache: string): Promise<void> {
	await alone(join(cache, "apt"), async () => {
		if (!existsSync(tree)) await unpackAll(wish, tree, cache);
	});
}

async function unpackAll(wish: PackageWish, tree: string, cache: string): Promise<void> {
	await mkdir(dirname(tree), { recursive: true });
	await mkdir(join(cache, "apt/lists/partial"), { recursive: true });
	const work = await mkdtemp(join(cache, "apt/work-"));
	try {
		const archives = await download(wish, { work, lists: join(cache, "apt/lists") });
		const unpacked = join(work, "tree");
		await mergedUsr(unpacked);
		for (const archive of archives) await unpack(archive, unpacked);
		await rename(unpacked, tree);
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

/** Debian's packages lie on a merged /usr, and some still name /lib and /bin. */
async function mergedUsr(tree: string): Promise<void> {
	for (const name of ["bin", "sbin", "lib", "lib64"]) {
		await mkdir(join(tree, "usr", name), { recursive: true });
		await symlink(`usr/${name}`, join(tree, name));
	}
}

async function unpack(archive: string, tree: string): Promise<void> {
	// As dpkg does it, but without its database and without scripts.
	const script = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"';
	await step("sh", ["-c", script, "sh", archive, tree]);
}

/** The archives' paths. */
async function download(wish: PackageWish, { work, lists }: { work: string; lists: string }): Promise<string[]> {
	const archives = join(work, "cache/archives");
	const status = join(work, "status");
	await mkdir(join(archives, "partial"), { recursive: true });
	await writeFile(status, "");
	const options = [
		`Dir::State::lists=${lists}`,
		`Dir::Cache=${join(work, "cache")}`,
		"Debug::NoLocking=true",
		"APT::Install-Recommends=false",
		"APT::Sandbox::User=root",
		"Acquire::Retries=3",
		...(wish.beside === "nothing" ? [`Dir::State::status=${status}`] : []),
	].flatMap((option) => ["-o", option]);
	const update = () => step("apt-get", [...options, "-qq", "update"]);
	const fetchAll = () => step("apt-get", [...options, "-qq", "-y", "--download-only", "install", ...wish.names]);
	if (!(await readdir(lists)).some((name) => name.includes("_Packages"))) await update();
	await fetchAll().catch(async () => {
		// Old lists name archives that are gone.
		await update();
		await fetchAll();
	});
	return (await readdir(archives))
		.filter((name) => name.endsWith(".deb") && !wish.without?.test(name.split("_", 1)[0] ?? ""))
		.sort()
		.map((name) => join(archives, name));
}

async function step(command: string, args: readonly string[]): Promise<void> {
	try {
		await execute(command, [...args], {
			maxBuffer: 16 * 1024 * 1024,
			timeout: 300_000,
			env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
		});
	} catch (error) {
		const { stderr = "", message } = error as Error & { stderr?: string };
		const words = (stderr.trim() || message).split("\n").slice(-3).join(" ").slice(0, 400);
		throw new LabUnavailable(
			`Debian's packages cannot be had here (${command}: ${words}); the lab needs apt-get, dpkg-deb and tar of Debian 12 and its package sources`,
		);
	}
}
