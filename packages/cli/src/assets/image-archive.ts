import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";

/** A file of an image's root file system, or a link to one. Paths without a slash at the beginning; folders end in one. */
export interface ImageFile {
	readonly path: string;
	readonly content?: Buffer;
	readonly link?: string;
	readonly mode: number;
}

/** An image of one layer. */
export interface Image {
	/** `registry/repository:tag`, as manifests name it. */
	readonly reference: string;
	/** As Go has it: `amd64`, `arm64`. */
	readonly architecture: string;
	readonly files: readonly ImageFile[];
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

/**
 * Writes an image as an archive with an OCI image layout (image-spec 1.0, image-layout.md), which `ctr images import` reads. The same image gives the
 * same bytes. Returns its size and SHA-256.
 */
export async function writeImageArchive(file: string, image: Image): Promise<{ sizeBytes: number; sha256: string }> {
	const layer = await tarOf(image.files);
	const config = json({
		architecture: image.architecture,
		os: "linux",
		config: { Env: ["PATH=/bin"] },
		rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
	});
	const manifest = json({
		schemaVersion: 2,
		mediaType: MANIFEST,
		config: { mediaType: CONFIG, digest: digestOf(config), size: config.length },
		layers: [{ mediaType: LAYER, digest: digestOf(layer), size: layer.length }],
	});
	const name = { "io.containerd.image.name": image.reference, "org.opencontainers.image.ref.name": image.reference };
	const index = json({
		schemaVersion: 2,
		manifests: [{ mediaType: MANIFEST, digest: digestOf(manifest), size: manifest.length, annotations: name }],
	});
	const blob = (content: Buffer) => ({ path: `blobs/sha256/${hex(content)}`, content, mode: 0o644 });
	const archive = await tarOf([
		{ path: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }), mode: 0o644 },
		{ path: "index.json", content: index, mode: 0o644 },
		...[config, layer, manifest].map(blob),
	]);
	await pipeline([archive], createWriteStream(file));
	return { sizeBytes: archive.length, sha256: hex(archive) };
}

/** A tar archive, owned by root and of no time. */
async function tarOf(files: readonly ImageFile[]): Promise<Buffer> {
	const tar = pack();
	const common = { uid: 0, gid: 0, mtime: new Date(0) };
	for (const { path, content, link, mode } of files) {
		if (link !== undefined) tar.entry({ ...common, name: path, type: "symlink", linkname: link, mode });
		else if (path.endsWith("/")) tar.entry({ ...common, name: path, type: "directory", mode });
		else tar.entry({ ...common, name: path, mode }, content ?? Buffer.alloc(0));
	}
	tar.finalize();
	const chunks: Buffer[] = [];
	for await (const chunk of tar) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}

function json(value: unknown): Buffer {
	return Buffer.from(JSON.stringify(value));
}

function hex(content: Buffer): string {
	return createHash("sha256").update(content).digest("hex");
}

function digestOf(content: Buffer): string {
	return `sha256:${hex(content)}`;
}
