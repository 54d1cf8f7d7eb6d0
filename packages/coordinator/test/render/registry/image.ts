import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { tarArchive } from "../../../src/adapters/boot/tar-archive.ts";
import type { Registry } from "./programs.ts";

const OCI = "application/vnd.oci.image";
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Puts a small image of one file into a registry, as a push does it (OCI distribution specification 1.1). Returns its manifest's digest. */
export async function pushImage({ url }: Registry, repository: string, tag: string): Promise<string> {
	const layer = await tarArchive([{ kind: "file", path: "hello", mode: 0o644, content: `${repository}:${tag}\n` }]);
	const packed = gzipSync(layer);
	const config = Buffer.from(
		JSON.stringify({
			architecture: process.arch === "arm64" ? "arm64" : "amd64",
			os: "linux",
			config: {},
			rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
		}),
	);
	const base = `${url}/v2/${repository}`;
	const blobs = [
		[`${OCI}.config.v1+json`, config],
		[`${OCI}.layer.v1.tar+gzip`, packed],
	] as const;
	const described = [];
	for (const [mediaType, bytes] of blobs) {
		const digest = digestOf(bytes);
		const begun = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
		const at = new URL(begun.headers.get("location") ?? "", url);
		at.searchParams.set("digest", digest);
		await created(fetch(at, { method: "PUT", body: bytes, headers: { "content-type": "application/octet-stream" } }));
		described.push({ mediaType, digest, size: bytes.length });
	}
	const [first, ...layers] = described;
	const manifest = Buffer.from(
		JSON.stringify({ schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config: first, layers }),
	);
	const headers = { "content-type": `${OCI}.manifest.v1+json` };
	await created(fetch(`${base}/manifests/${tag}`, { method: "PUT", body: manifest, headers }));
	return digestOf(manifest);
}

async function created(sent: Promise<Response>): Promise<void> {
	const answer = await sent;
	if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
}

/** Asks a registry for an image as a client does, whole: what the tag names, and everything that it consists of. Returns the status of each answer. */
export async function askForImage({ url }: Registry, repository: string, tag: string): Promise<readonly number[]> {
	const headers = { accept: `${OCI}.manifest.v1+json` };
	const answer = await fetch(`${url}/v2/${repository}/manifests/${tag}`, { headers });
	if (answer.status !== 200) return [answer.status];
	const { config, layers } = (await answer.json()) as { config: { digest: string }; layers: { digest: string }[] };
	const statuses = [200];
	for (const { digest } of [config, ...layers]) {
		const blob = await fetch(`${url}/v2/${repository}/blobs/${digest}`);
		const bytes = new Uint8Array(await blob.arrayBuffer());
		statuses.push(digestOf(bytes) === digest ? blob.status : 0);
	}
	return statuses;
}
