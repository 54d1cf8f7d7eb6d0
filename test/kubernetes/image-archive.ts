import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createZstdCompress } from "node:zlib";

const run = promisify(execFile);

/** An image of one layer. */
export interface ImageWish {
	/** `registry/repository:tag`, as manifests name it. */
	readonly reference: string;
	/** The folder that becomes the root file system. */
	readonly tree: string;
	/** What runs where a pod names no command. */
	readonly entrypoint?: readonly string[];
}

/**
 * Writes one archive of several images as `docker save` does (OCI image-spec's predecessor, Docker image specification v1.2: `manifest.json`,
 * a configuration and a layer for each image), which `ctr images import` reads. Layers are compressed by zstd: a node pays for each byte that it fetches,
 * hands to containerd and keeps, and more than for the decompression. `work` is used for what the archive is made of, and emptied.
 */
export async function writeImageArchive(file: string, images: readonly ImageWish[], work: string): Promise<void> {
	await mkdir(work, { recursive: true });
	const names = ["manifest.json"];
	const manifest = [];
	for (const { reference, tree, entrypoint } of images) {
		const id = createHash("sha256").update(reference).digest("hex").slice(0, 16);
		const [layer, plain, configuration] = [`${id}.tar.zst`, `${id}.tar`, `${id}.json`];
		const owner = ["--numeric-owner", "--owner=0", "--group=0", "--sort=name", "--mtime=@0"];
		await run("tar", [...owner, "-C", tree, "-cf", join(work, plain), "."]);
		await pipeline(createReadStream(join(work, plain)), createZstdCompress(), createWriteStream(join(work, layer)));
		const text = JSON.stringify({
			architecture: "amd64",
			os: "linux",
			config: {
				Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
				...(entrypoint ? { Entrypoint: entrypoint } : {}),
			},
			rootfs: { type: "layers", diff_ids: [await digestOf(join(work, plain))] },
		});
		await writeFile(join(work, configuration), text);
		manifest.push({ Config: configuration, RepoTags: [reference], Layers: [layer] });
		names.push(layer, configuration);
	}
	await writeFile(join(work, "manifest.json"), JSON.stringify(manifest));
	await run("tar", ["-C", work, "-cf", file, ...names]);
	await rm(work, { recursive: true });
}

/** SHA-256 of a file, as `sha256:...`. */
async function digestOf(file: string): Promise<string> {
	const hash = createHash("sha256");
	await pipeline(createReadStream(file), hash);
	return `sha256:${hash.digest("hex")}`;
}
