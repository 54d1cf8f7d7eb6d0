import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress } from "node:zlib";
import { alone } from "./alone.ts";
import { initramfs } from "./archive.ts";
import { unpackPackages } from "./debian.ts";
import { type ContainerRuntime, makeSystem, NODE_PACKAGES, SCRIPT_PACKAGES, SYSTEM_PACKAGES } from "./system-tree.ts";

const IMAGES_KEPT = 2;

/** A small system without a disk: what a lab machine boots. Absolute paths. */
export interface LabImage {
	readonly kernel: string;
	readonly initrd: string;
	/** SHA-256 over everything that decides what the image is. */
	readonly hash: string;
	readonly built: boolean;
}

/**
 * The image, built below `cache` if what it is made of changed. It is a kernel of Debian and one initramfs, which holds
 * systemd, Ignition and the stand-ins for containerd and kubelet; the agent is not in it. Throws LabUnavailable.
 */
export async function buildImage(cache: string, runtime: ContainerRuntime = "stand-in"): Promise<LabImage> {
	const hash = await inputsHash(runtime);
	const images = join(cache, "images");
	const folder = join(images, hash.slice(0, 16));
	const image = { kernel: join(folder, "kernel"), initrd: join(folder, "initrd"), hash };
	if (await exists(folder)) return { ...image, built: false };
	return await alone(cache, async () => {
		// Another process may have built it in the meantime.
		if (await exists(folder)) return { ...image, built: false };
		await build(cache, folder, runtime);
		await removeOld(images, folder);
		return { ...image, built: true };
	});
}

async function build(cache: string, folder: string, runtime: ContainerRuntime): Promise<void> {
	const parts = join(import.meta.dirname, "system");
	const work = await mkdtemp(join(cache, "image-"));
	const tree = join(work, "tree");
	try {
		const names = runtime === "brought" ? [...SYSTEM_PACKAGES, ...NODE_PACKAGES] : SYSTEM_PACKAGES;
		await unpackPackages({ names, beside: "nothing", without: SCRIPT_PACKAGES }, tree, cache);
		await writeFile(join(work, "kernel"), await makeSystem(tree, parts, runtime));
		await pipeline(Readable.from(initramfs(tree)), createZstdCompress(), createWriteStream(join(work, "initrd")));
		await mkdir(dirname(folder), { recursive: true });
		await rm(tree, { recursive: true });
		await rename(work, folder);
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

async function removeOld(images: string, newest: string): Promise<void> {
	const found = await Promise.all(
		(await readdir(images)).map(async (name) => {
			const path = join(images, name);
			return { path, at: (await stat(path)).mtimeMs };
		}),
	);
	const old = found.sort((a, b) => b.at - a.at).slice(IMAGES_KEPT);
	for (const { path } of old) if (path !== newest) await rm(path, { recursive: true, force: true });
}

async function inputsHash(runtime: ContainerRuntime): Promise<string> {
	const hash = createHash("sha256").update(runtime);
	const folder = import.meta.dirname;
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
	for (const file of files.sort()) {
		const content = await readFile(file);
		hash.update(`${file.slice(folder.length)}\0${content.length}\0`).update(content);
	}
	return hash.digest("hex");
}

function exists(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}

if (import.meta.main) {
	const image = await buildImage(join(import.meta.dirname, "../../../.cache/lab"));
	process.stdout.write(`${JSON.stringify(image, null, "\t")}\n`);
}
